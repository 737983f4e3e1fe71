import { AppError, ids, toolResultsRequest, type ErrorCode, type ToolResultsResponse } from '@reprise/contract'
import type { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { isWaiting } from './is-waiting.ts'

export const submitToolResultsInput = toolResultsRequest.extend({ session_id: ids.session })
type Input = z.output<typeof submitToolResultsInput>

/** Answers client-side tool calls of a parked turn: all results are stored, or none. */
export async function submitToolResults(services: Services, caller: Caller, input: Input): Promise<ToolResultsResponse> {
  const { session_id, tool_results } = input
  const submitted = await services.engine.submitToolResults({ organization_id: caller.organization_id, session_id, results: tool_results })
  switch (submitted.outcome) {
    case 'accepted':
      return { accepted: submitted.accepted, status: 'active' }
    case 'session_not_found':
      throw new AppError('session_not_found')
    case 'not_waiting':
      throw new AppError('not_waiting_for_tool_results')
    case 'unknown_call':
      if (!(await isWaiting(services, caller, session_id))) throw new AppError('not_waiting_for_tool_results')
      throw callError('unknown_tool_call', input, submitted.tool_call_id, 'the session has no such call')
    case 'call_closed':
      throw callError('tool_call_closed', input, submitted.tool_call_id, 'this call was answered otherwise, or closed by its deadline, a message or a cancel')
  }
}

function callError(code: ErrorCode, { tool_results }: Input, callId: string, message: string): AppError {
  const index = tool_results.findIndex(({ tool_call_id }) => tool_call_id === callId)
  return fieldError(code, `tool_results[${index}].tool_call_id`, message)
}

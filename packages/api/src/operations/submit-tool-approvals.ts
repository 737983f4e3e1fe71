import { AppError, ids, toolApprovalsRequest, type ErrorCode, type ToolApprovalsResponse } from '@reprise/contract'
import type { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { isWaiting } from './is-waiting.ts'

export const submitToolApprovalsInput = toolApprovalsRequest.extend({ session_id: ids.session })
type Input = z.output<typeof submitToolApprovalsInput>

/** Approves or denies tool calls of a parked turn: all decisions are stored, or none. */
export async function submitToolApprovals(services: Services, caller: Caller, input: Input): Promise<ToolApprovalsResponse> {
  const { session_id, approvals } = input
  const submitted = await services.engine.submitToolApprovals({ organization_id: caller.organization_id, session_id, approvals })
  switch (submitted.outcome) {
    case 'accepted':
      return { accepted: submitted.accepted, status: 'active' }
    case 'session_not_found':
      throw new AppError('session_not_found')
    case 'not_waiting':
      throw notWaiting()
    case 'unknown_call':
      if (!(await isWaiting(services, caller, session_id))) throw notWaiting()
      throw callError('unknown_tool_call', input, submitted.tool_call_id, 'the session has no such call that needs approval')
    case 'call_closed':
      throw callError('tool_call_closed', input, submitted.tool_call_id, 'this call was decided otherwise, or closed by its deadline, a message or a cancel')
  }
}

/** In the words that clients try again on: approvals are waited for in the same state as results. */
function notWaiting(): AppError {
  return new AppError('not_waiting_for_tool_results', { message: 'The session is not waiting for tool results, nor for approvals' })
}

function callError(code: ErrorCode, { approvals }: Input, callId: string, message: string): AppError {
  const index = approvals.findIndex(({ tool_call_id }) => tool_call_id === callId)
  return fieldError(code, `approvals[${index}].tool_call_id`, message)
}

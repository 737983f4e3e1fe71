import type { Compute, ProcessedToolResult, TaskResult } from '@reprise/compute'
import { AppError, type ToolResultPart } from '@reprise/contract'
import type { Database } from '@reprise/store'
import { runPatiently } from '../run-patiently.ts'
import { EncodedResult } from './encoded-result.ts'
import { keepToolResult } from './keep-tool-result.ts'
import type { ToolOutcome } from './tool.ts'

const neverAborted = new AbortController().signal

export interface OutcomeServices {
  compute: Compute
  db: Database
}

export interface CallAddress {
  organization_id: string
  session_id: string
  tool_call_id: string
}

/**
 * Makes of what a tool or a caller answered what is stored and shown to the model: storable, of a bounded size, its
 * images apart. They and the whole of a long result are stored when this returns: nothing may name them before.
 * Throws `overloaded` when the threads stay busy, for then nothing is to be stored.
 */
export async function processToolOutcome({ compute, db }: OutcomeServices, call: CallAddress, outcome: ToolOutcome, signal: AbortSignal = neverAborted): Promise<ToolResultPart> {
  const start = { type: 'tool_result', tool_call_id: call.tool_call_id } as const
  const processed = await runPatiently(() => processSaid(compute, call, outcome, signal), signal)
  if (processed.ok) {
    const { value, is_error } = processed.value
    if (!outcome.ok || is_error) return { ...start, error: String(value) }
    return { ...start, result: value, ...(await keepToolResult(db, call, processed.value)) }
  }
  const { code, message } = processed.refusal
  if (code === 'overloaded') throw new AppError('overloaded', { retryAfterSeconds: 1 })
  if (code === 'invalid_json' && outcome.ok && outcome.result instanceof EncodedResult) return { ...start, error: outcome.result.unreadable }
  return { ...start, error: `The tool's result could not be processed: ${message}` }
}

async function processSaid(compute: Compute, call: CallAddress, outcome: ToolOutcome, signal: AbortSignal): Promise<TaskResult<ProcessedToolResult>> {
  const { organization_id, session_id, tool_call_id } = call
  if (!outcome.ok) return await compute.processToolResult(outcome.error, { organization_id, signal })
  const { result } = outcome
  const options = { organization_id, whole_at: `/v1/sessions/${session_id}/tool-results/${encodeURIComponent(tool_call_id.toWellFormed())}`, signal }
  if (!(result instanceof EncodedResult)) return await compute.processToolResult(result, options)
  // A refusal as overloaded comes before the bytes are moved.
  return await compute.readToolAnswer(result.answer, options)
}

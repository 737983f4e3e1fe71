import { createHash } from 'node:crypto'
import type { Compute } from '@reprise/compute'
import { turnHasEnded, type ToolResultPart } from '@reprise/contract'
import { newEvent, readCallerCalls, type CallerCall, type NewEvent } from '@reprise/store'
import { appendAnswer, makeResultMessage, type AnswerServices } from './append-answer.ts'
import { processToolOutcome } from './tools/process-tool-outcome.ts'

/** What the caller's own tool answered: a result, or an error. */
export interface SubmittedToolResult {
  tool_call_id: string
  result?: unknown
  error?: string | null | undefined
}

export interface SubmitRequest {
  organization_id: string
  session_id: string
  results: readonly SubmittedToolResult[]
}

export type SubmitOutcome =
  | { outcome: 'accepted'; accepted: number }
  | { outcome: 'session_not_found' | 'not_waiting' }
  /** Nothing was stored: `tool_call_id` is not the session's, or was closed by somebody else. */
  | { outcome: 'unknown_call' | 'call_closed'; tool_call_id: string }

export interface SubmitServices extends AnswerServices {
  compute: Compute
}

/**
 * Answers calls of a parked turn. What is read here may be stale by the time it is used: the answer is a
 * compare-and-set on the turn as it was read, and is decided anew when somebody else came first.
 */
export async function submitToolResults(services: SubmitServices, request: SubmitRequest): Promise<SubmitOutcome> {
  const { organization_id, session_id } = request
  // Making a part stores its images and what is too long for a message: not for a call that is not there.
  const found = await readCallerCalls(services.db, organization_id, session_id, request.results.map(({ tool_call_id }) => tool_call_id))
  if (!found) return { outcome: 'session_not_found' }
  const unknown = request.results.find(({ tool_call_id }) => !found.some(({ id }) => id === tool_call_id))
  if (unknown) return { outcome: 'unknown_call', tool_call_id: unknown.tool_call_id }
  const parts = await Promise.all(request.results.map((result) => makePart(services, request, result)))
  for (;;) {
    const calls = await readCallerCalls(services.db, organization_id, session_id, parts.map(({ part }) => part.tool_call_id))
    if (!calls) return { outcome: 'session_not_found' }
    const open: OpenAnswer[] = []
    for (const answer of parts) {
      const call = calls.find((candidate) => candidate.id === answer.part.tool_call_id)
      const refusal = refuse(call, answer)
      if (refusal) return refusal === 'not_waiting' ? { outcome: refusal } : { outcome: refusal, tool_call_id: answer.part.tool_call_id }
      if (call!.closed_by === null) open.push({ ...answer, call: call! }) // a call that is missing was refused
    }
    if (open.length === 0 || (await appendResults(services, request, open))) return { outcome: 'accepted', accepted: parts.length }
  }
}

interface MadeAnswer {
  part: ToolResultPart
  sha256: string
}

interface OpenAnswer extends MadeAnswer {
  call: CallerCall
}

async function makePart(services: SubmitServices, { organization_id, session_id }: SubmitRequest, { tool_call_id, result, error }: SubmittedToolResult): Promise<MadeAnswer> {
  const isError = error !== undefined && error !== null
  const call = { organization_id, session_id, tool_call_id }
  const part = await processToolOutcome(services, call, isError ? { ok: false, error } : { ok: true, result: result ?? null })
  return { part, sha256: createHash('sha256').update(JSON.stringify(part)).digest('hex') }
}

function refuse(call: CallerCall | undefined, { sha256 }: MadeAnswer): 'unknown_call' | 'call_closed' | 'not_waiting' | null {
  if (!call) return 'unknown_call'
  if (call.closed_by !== null) return call.closed_by === 'caller' && call.result_sha256 === sha256 ? null : 'call_closed'
  // Open, but not asked for yet: server tools of the same answer run first, and what needs approval is decided first.
  if (call.turn_status !== 'parked') return turnHasEnded[call.turn_status] ? 'call_closed' : 'not_waiting'
  if (!call.is_awaited || call.decision === 'required') return 'not_waiting'
  return null
}

async function appendResults(services: SubmitServices, { organization_id, session_id }: SubmitRequest, open: readonly OpenAnswer[]): Promise<boolean> {
  return await appendAnswer(services, {
    organization_id,
    session_id,
    calls: open.map(({ call }) => call),
    events: open.map(describeAnswer),
    messages: open.map(({ part, call }, index) => makeResultMessage(part, index, call.next_place + index)),
    changed_calls: open.map(({ call, sha256 }) => ({ id: call.id, closed_by: 'caller', result_sha256: sha256 })),
  })
}

function describeAnswer({ call, part }: OpenAnswer): NewEvent {
  const success = part.error === undefined
  return newEvent('tool.completed', { tool_call_id: call.id, tool_name: call.name, success, status: success ? 'success' : 'error', duration_ms: 0 })
}

/**
 * What a turn has to do next, decided from its row and its own messages alone.
 *
 * S1  Total: every reachable and unreachable combination has an answer; nothing throws.
 * S2  Pure: the same journal gives the same step, so a turn that another worker takes up goes on as it would have.
 * S3  A turn never ends while a tool call of its has no result, nor calls the model while one is open.
 * S4  A message that joined the turn is in its next prompt: no model is called, and no turn ends or waits, without it.
 * S5  No call runs, and no caller is asked for its result, while it waits for approval.
 */
import { turnHasEnded, type TurnErrorCode, type TurnStatus } from '@reprise/contract'

/**
 * Who has to move a tool call on: `server` and `caller` owe its result, `approver` a decision about it. `nobody`: one of
 * the latter two did, and had time enough.
 */
export type Debtor = 'server' | 'approver' | 'caller' | 'nobody'

/** What of a message decides the next step. */
export type TurnMessage =
  | { role: 'user' | 'system' }
  | { role: 'agent'; tool_calls: readonly { id: string; debtor: Debtor }[] }
  | { role: 'tool_result'; tool_call_id: string }

export interface TurnProgress {
  status: TurnStatus
  max_iterations: number
  /** Messages that have joined the turn and are in none of its prompts yet. */
  pending_steers: number
  /** How often a process died while it ran this turn, since the turn last came further. */
  recoveries: number
}

export type Step =
  /** The `iteration`th model call, from 1. */
  | { kind: 'call_model'; iteration: number }
  /** Give the messages that joined their places in the next prompt. */
  | { kind: 'take_steers' }
  /** Run the calls that have no result, in the order the model made them. */
  | { kind: 'run_tools'; open_call_ids: readonly string[] }
  /** Only somebody outside can move these on: wait for it. Those without approval are to be decided, the others answered. */
  | { kind: 'park'; open_call_ids: readonly string[]; unapproved_call_ids: readonly string[] }
  /** Nobody will answer these any more: they get error results. */
  | { kind: 'close_calls'; open_call_ids: readonly string[]; closed_by: 'deadline' | 'message' }
  /** The turn cannot go on; what is open gets error results first. */
  | { kind: 'fail'; error_code: Extract<TurnErrorCode, 'max_iterations' | 'worker_crashed' | 'internal_error'>; open_call_ids: readonly string[] }
  /** The answer is stored, only the turn's end is not. */
  | { kind: 'complete' }
  /** Nothing for a worker to do: the turn has ended, or waits for somebody else to move it on. */
  | { kind: 'none' }

/** A turn that killed so many processes, all but the first two while it ran alone, is not run again: see `is_suspect` in the store. */
const recoveriesMax = 10

export function nextStep({ status, max_iterations, pending_steers, recoveries }: TurnProgress, messages: readonly TurnMessage[]): Step {
  if (turnHasEnded[status] || status !== 'running') return { kind: 'none' }

  const iterations = messages.reduce((count, message) => count + (message.role === 'agent' ? 1 : 0), 0)
  const open = findOpenCalls(messages)
  const open_call_ids = open.map((call) => call.id)
  const last = messages.at(-1)
  if (recoveries >= recoveriesMax) return { kind: 'fail', error_code: 'worker_crashed', open_call_ids }
  // A turn is stored together with its first message: without one, something is wrong that no step can mend.
  if (!last) return { kind: 'fail', error_code: 'internal_error', open_call_ids }
  if (open.length > 0) {
    if (iterations >= max_iterations) return { kind: 'fail', error_code: 'max_iterations', open_call_ids }
    const [ofServer, expired] = [owedBy(open, 'server'), owedBy(open, 'nobody')]
    if (ofServer.length > 0) return { kind: 'run_tools', open_call_ids: ofServer }
    if (pending_steers > 0) return { kind: 'close_calls', open_call_ids, closed_by: 'message' }
    if (expired.length > 0) return { kind: 'close_calls', open_call_ids: expired, closed_by: 'deadline' }
    return { kind: 'park', open_call_ids, unapproved_call_ids: owedBy(open, 'approver') }
  }
  if (pending_steers > 0) return { kind: 'take_steers' }
  if (last.role === 'agent' && last.tool_calls.length === 0) return { kind: 'complete' }
  if (iterations >= max_iterations) return { kind: 'fail', error_code: 'max_iterations', open_call_ids }
  return { kind: 'call_model', iteration: iterations + 1 }
}

type Call = Extract<TurnMessage, { role: 'agent' }>['tool_calls'][number]

/** The calls without a result. Ids are unique within a turn: the runner sees to it when it stores them. */
function findOpenCalls(messages: readonly TurnMessage[]): Call[] {
  const open = new Map<string, Call>()
  for (const message of messages) {
    if (message.role === 'agent') for (const call of message.tool_calls) open.set(call.id, call)
    else if (message.role === 'tool_result') open.delete(message.tool_call_id)
  }
  return [...open.values()]
}

function owedBy(calls: readonly Call[], debtor: Debtor): string[] {
  return calls.filter((call) => call.debtor === debtor).map((call) => call.id)
}

/**
 * What a turn has to do next, decided from its status and its own messages alone.
 *
 * S1  Total: every reachable and unreachable combination has an answer; nothing throws.
 * S2  Pure: the same journal gives the same step, so a turn that another worker takes up goes on as it would have.
 * S3  A turn never ends while a tool call of its has no result.
 */
import { turnHasEnded, type TurnStatus } from '@reprise/contract'

/** What of a message decides the next step. */
export type TurnMessage =
  | { role: 'user' | 'system' }
  | { role: 'agent'; tool_call_ids: readonly string[] }
  | { role: 'tool_result'; tool_call_id: string }

export interface TurnProgress {
  status: TurnStatus
  max_iterations: number
}

export type Step =
  /** The `iteration`th model call, from 1. */
  | { kind: 'call_model'; iteration: number }
  /** Run the calls that have no result, in the order the model made them. */
  | { kind: 'run_tools'; open_call_ids: readonly string[] }
  /** The model asked for tools once too often: its calls get error results, and the turn fails. */
  | { kind: 'refuse_tools'; open_call_ids: readonly string[] }
  | { kind: 'fail'; error_code: 'max_iterations' | 'internal_error' }
  /** The answer is stored, only the turn's end is not. */
  | { kind: 'complete' }
  /** Nothing for a worker to do: the turn has ended, or waits for somebody else to move it on. */
  | { kind: 'none' }

export function nextStep({ status, max_iterations }: TurnProgress, messages: readonly TurnMessage[]): Step {
  if (turnHasEnded[status] || status !== 'running') return { kind: 'none' }

  const iterations = messages.reduce((count, message) => count + (message.role === 'agent' ? 1 : 0), 0)
  const openCallIds = findOpenCallIds(messages)
  if (openCallIds.length > 0) {
    return { kind: iterations < max_iterations ? 'run_tools' : 'refuse_tools', open_call_ids: openCallIds }
  }
  const last = messages.at(-1)
  // A turn is stored together with its first message: without one, something is wrong that no step can mend.
  if (!last) return { kind: 'fail', error_code: 'internal_error' }
  if (last.role === 'agent' && last.tool_call_ids.length === 0) return { kind: 'complete' }
  if (iterations >= max_iterations) return { kind: 'fail', error_code: 'max_iterations' }
  return { kind: 'call_model', iteration: iterations + 1 }
}

/** The calls without a result. Ids are unique within a turn: the runner sees to it when it stores them. */
function findOpenCallIds(messages: readonly TurnMessage[]): string[] {
  const open = new Set<string>()
  for (const message of messages) {
    if (message.role === 'agent') for (const id of message.tool_call_ids) open.add(id)
    else if (message.role === 'tool_result') open.delete(message.tool_call_id)
  }
  return [...open]
}

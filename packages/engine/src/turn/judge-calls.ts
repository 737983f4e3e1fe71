import { findArgumentsFault } from '../tools/find-arguments-fault.ts'
import type { TurnRun } from './turn-run.ts'
import { toolCallsOf } from './turn.ts'

/**
 * Judges the arguments of the calls that the model has just made, before anybody is asked about them. What was put to a
 * caller or an approver was judged then, and is not put in doubt.
 */
export async function judgeCalls({ turn, tools, faults, foundCalls, services, lease }: TurnRun): Promise<void> {
  // Only its last answer can have open calls: no model is called while one is (S3).
  const answer = turn.messages.findLast((message) => message.role === 'agent')
  if (!answer) return
  for (const call of toolCallsOf(answer)) {
    if (faults.has(call.id)) continue
    const isSettled = foundCalls.get(call.id)?.wasAsked ?? false
    faults.set(call.id, isSettled ? null : await findArgumentsFault(services.compute, tools, call, lease.signal))
  }
}

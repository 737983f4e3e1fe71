import { newEvent, reachCrashPoint } from '@reprise/store'
import { needsDecision } from './find-debtor.ts'
import type { Step } from './next-step.ts'
import { closeCalls, findCalls } from './run-tools.ts'
import type { TurnRun } from './turn-run.ts'

type Park = Pick<Extract<Step, { kind: 'park' }>, 'open_call_ids' | 'unapproved_call_ids'>

/** Parks the turn: no worker holds it until somebody outside decides or answers its calls. False when it goes on instead. */
export async function parkTurn(run: TurnRun, { open_call_ids, unapproved_call_ids }: Park): Promise<boolean> {
  const { writer, services } = run
  for (const id of open_call_ids) writer.changeCall({ id, waits: true })
  const undecided = describeCalls(run, unapproved_call_ids)
  const unanswered = describeCalls(run, open_call_ids.filter((id) => !unapproved_call_ids.includes(id)))
  const events = [
    ...(undecided.length > 0 ? [newEvent('tool.approval_requested', { tool_calls: undecided })] : []),
    ...(unanswered.length > 0 ? [newEvent('tool.call_requested', { tool_calls: unanswered })] : []),
  ]
  reachCrashPoint('turn.before_park')
  const parked = await writer.settle({ status: 'parked', events, deadline_in_ms: services.limits.callerMsMax, nextWorkerId: () => null })
  if (parked) reachCrashPoint('turn.after_park')
  return parked !== null
}

function describeCalls(run: TurnRun, ids: readonly string[]): { id: string; name: string; arguments: unknown }[] {
  return findCalls(run, ids).map(({ id, name, arguments: args }) => ({ id, name, arguments: args }))
}

const wordsFor = {
  deadline: { unanswered: 'The caller did not answer in time.', undecided: 'The call was not approved in time.' },
  message: { unanswered: 'The caller sent a message instead of an answer.', undecided: 'The caller sent a message instead of an approval.' },
} as const

/** Closes calls that somebody outside was to decide or answer, and will not. */
export function closeAwaitedCalls(run: TurnRun, openCallIds: readonly string[], closedBy: 'deadline' | 'message'): void {
  for (const call of findCalls(run, openCallIds)) {
    closeCalls(run, [call.id], closedBy, 'error', wordsFor[closedBy][needsDecision(run, call) ? 'undecided' : 'unanswered'])
  }
}

import { newEvent, reachCrashPoint } from '@reprise/store'
import { closeCalls, findCalls } from './run-tools.ts'
import type { TurnRun } from './turn-run.ts'

/** Parks the turn: no worker holds it until its caller answers. False when it goes on instead. */
export async function parkTurn(run: TurnRun, openCallIds: readonly string[]): Promise<boolean> {
  const { writer, services } = run
  for (const id of openCallIds) writer.changeCall({ id, waits: true })
  const tool_calls = findCalls(run, openCallIds).map(({ id, name, arguments: args }) => ({ id, name, arguments: args }))
  const events = [newEvent('tool.call_requested', { tool_calls })]
  reachCrashPoint('turn.before_park')
  const parked = await writer.settle({ status: 'parked', events, deadline_in_ms: services.limits.callerMsMax, nextWorkerId: () => null })
  if (parked) reachCrashPoint('turn.after_park')
  return parked !== null
}

const wordsFor = {
  deadline: 'The caller did not answer in time.',
  message: 'The caller sent a message instead of an answer.',
} as const

/** Closes calls that the caller was to answer, and will not. */
export function closeCallersCalls(run: TurnRun, openCallIds: readonly string[], closedBy: 'deadline' | 'message'): void {
  closeCalls(run, openCallIds, closedBy, 'error', wordsFor[closedBy])
}

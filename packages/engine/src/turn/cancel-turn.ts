import { newEvent, reachCrashPoint, type CancelReason } from '@reprise/store'
import { needsDecision } from './find-debtor.ts'
import { closeCalls } from './run-tools.ts'
import type { TurnRun } from './turn-run.ts'
import { sumUsage, toolCallsOf, type TurnOutcome } from './turn.ts'

const reasonWords = {
  cancel: 'cancelled',
  interrupt: 'interrupted',
  rollback: 'rolled_back',
} as const satisfies Record<CancelReason, string>

/**
 * Ends a turn that was asked to: what the model had said is kept and marked, every open call gets a result. A call
 * whose intent is not in the journal never ran, nor did one that nobody approved; of any other nobody knows.
 */
export async function cancelTurn(run: TurnRun, reason: CancelReason): Promise<TurnOutcome> {
  const { turn, writer, cutOff } = run
  if (cutOff) {
    const content = [{ type: 'text' as const, text: cutOff.text }]
    writer.message('output.message.completed', { metadata: { interrupted: true } }, { role: 'agent', content, mark: 'interrupted' })
  }
  const answered = new Set(turn.messages.flatMap((message) => (message.role === 'tool_result' ? message.content.map((part) => part.tool_call_id) : [])))
  const open = turn.messages.flatMap(toolCallsOf).filter((call) => !answered.has(call.id))
  for (const call of open) {
    const { id } = call
    if (writer.hasSentIntent(id) && !needsDecision(run, call)) closeCalls(run, [id], 'cancel', 'outcome_unknown', 'outcome_unknown: the turn was cancelled before the tool answered.')
    else closeCalls(run, [id], 'cancel', 'cancelled', 'The turn was cancelled before the tool ran.')
  }
  const events = [newEvent('turn.cancelled', { turn_id: turn.id, reason: reasonWords[reason], usage: sumUsage(turn.messages) })]
  reachCrashPoint('turn.before_cancel')
  const settled = await writer.settle({ status: 'cancelled', events, nextWorkerId: run.nextWorkerId })
  reachCrashPoint('turn.after_end')
  return { hasEnded: true, isWholePast: false, next_turn_id: settled?.next_turn_id ?? null }
}

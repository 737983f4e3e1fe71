import type { TurnErrorCode } from '@reprise/contract'
import { newEvent, reachCrashPoint } from '@reprise/store'
import { ModelError } from '../models/model-error.ts'
import { needsDecision } from './find-debtor.ts'
import { closeCalls, findCalls } from './run-tools.ts'
import type { TurnRun } from './turn-run.ts'
import type { Settlement } from './turn-writer.ts'
import { sumUsage, toolCallsOf, type TurnOutcome } from './turn.ts'

/** Null when the turn goes on instead: a message has joined it, or it is to be cancelled. */
export async function completeTurn(run: TurnRun): Promise<TurnOutcome | null> {
  const { turn, time_to_first_token_ms } = run
  const answers = turn.messages.filter((message) => message.role === 'agent')
  const completed = newEvent('turn.completed', {
    turn_id: turn.id,
    iterations: answers.length,
    // The two clocks may differ a little; a duration is never less than nothing.
    duration_ms: Math.max(0, Date.now() - turn.created_ms),
    llm_call_count: answers.length,
    tool_call_count: answers.flatMap(toolCallsOf).length,
    time_to_first_token_ms,
    final_message_id: answers.at(-1)!.id, // a turn completes only with an answer: see nextStep
    usage: sumUsage(turn.messages),
  })
  return await end(run, { status: 'completed', events: [completed], nextWorkerId: run.nextWorkerId })
}

/** Ends a turn that cannot go on, with a word to the user as far as the turn's disclosure allows. Null as above. */
export async function failTurn(run: TurnRun, error_code: TurnErrorCode, cause: unknown, openCallIds: readonly string[] = []): Promise<TurnOutcome | null> {
  const { turn, writer } = run
  if (error_code === 'max_iterations') closeCalls(run, openCallIds, 'tool', 'error', `The turn has reached its limit of ${turn.definition.max_iterations} model calls.`)
  else closeFailedCalls(run, openCallIds)
  const text = describeFailure(error_code, turn.error_disclosure, cause)
  writer.event('output.message.started', { turn_id: turn.id })
  writer.event('output.message.delta', { turn_id: turn.id, delta: text })
  writer.message('output.message.completed', { metadata: { notice: true } }, { role: 'agent', content: [{ type: 'text', text }], mark: 'notice' })
  const events = [newEvent('turn.failed', { turn_id: turn.id, error: text, error_code })]
  const error = cause instanceof Error ? cause.message : publicWords[error_code]
  return await end(run, { status: 'failed', error_code, error, events, nextWorkerId: run.nextWorkerId })
}

/** Of a call that nobody approved it is known that it never ran. */
function closeFailedCalls(run: TurnRun, openCallIds: readonly string[]): void {
  for (const call of findCalls(run, openCallIds)) {
    if (needsDecision(run, call)) closeCalls(run, [call.id], 'tool', 'error', 'The turn failed before the call was approved.')
    else closeCalls(run, [call.id], 'tool', 'outcome_unknown', 'outcome_unknown: the turn failed before the tool answered.')
  }
}

async function end({ writer }: TurnRun, settlement: Settlement): Promise<TurnOutcome | null> {
  reachCrashPoint('turn.before_end')
  const settled = await writer.settle(settlement)
  if (settled) reachCrashPoint('turn.after_end')
  // With a message that has no place yet, or a wish to end it, it would not have completed (J7).
  return settled && { hasEnded: true, isWholePast: settlement.status === 'completed', next_turn_id: settled.next_turn_id }
}

const publicWords = {
  context_too_large: 'The conversation no longer fits into the model’s context window.',
  max_iterations: 'The turn was stopped because it reached its limit of model calls.',
  model_unavailable: 'The model is not available at the moment.',
  provider_error: 'The model provider could not answer.',
  provider_rate_limited: 'The model provider is receiving too many requests. Please try again later.',
  provider_timeout: 'The model provider did not answer in time.',
  tools_unsupported: 'The model cannot use tools, and the agent has some. Choose another model, or an agent without tools.',
  worker_crashed: 'The turn was stopped because the server crashed each time it ran.',
  internal_error: 'Something went wrong on the server.',
} as const satisfies Record<TurnErrorCode, string>

/** `none` says only that it failed, `generic` (the default) why, and `detailed` adds the provider's own words. */
function describeFailure(code: TurnErrorCode, disclosure: string | null, cause: unknown): string {
  if (disclosure === 'none') return 'The turn failed.'
  if (disclosure === 'detailed' && cause instanceof ModelError) return `${publicWords[code]} (${cause.message})`
  return publicWords[code]
}

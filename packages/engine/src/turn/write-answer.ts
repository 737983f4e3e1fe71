import type { PromptRecord, ToolCallPart } from '@reprise/contract'
import { ModelError } from '../models/model-error.ts'
import type { ModelChunk } from '../models/model-provider.ts'
import { priceUsage } from '../models/price-usage.ts'
import type { AnswerStream } from './answer-stream.ts'
import type { TurnRun } from './turn-run.ts'
import { toolCallsOf } from './turn.ts'

export type Finished = Extract<ModelChunk, { type: 'finished' }>

interface CallOutcome {
  /** Absent when the call was not made. */
  prompt: PromptRecord | undefined
  durationMs: number
}

/** Writes a whole answer, and the intents of its tool calls: they are in one checkpoint, and no tool starts before it. */
export function writeAnswer({ turn, writer, tools, worker_id }: TurnRun, answer: AnswerStream, { finished, prompt, durationMs }: CallOutcome & { finished: Finished }): void {
  const { finish_reason, response_id } = finished
  const usage = priceUsage(finished.usage, turn.model.prices)
  const duration_ms = Math.round(durationMs)
  const calls = makeIdsUnique(answer.toolCalls, turn.messages.flatMap(toolCallsOf))
  answer.complete()
  const message_id = writer.message('output.message.completed', { usage }, {
    role: 'agent',
    content: [...(answer.text === '' && calls.length > 0 ? [] : [{ type: 'text' as const, text: answer.text }]), ...calls],
    thinking_blocks: answer.thinkingBlocks.length > 0 ? answer.thinkingBlocks : null,
    usage,
  })
  writer.event('llm.generation', {
    metadata: {
      model: turn.model.model,
      provider: turn.model.provider_type,
      usage,
      duration_ms,
      time_to_first_token_ms: answer.timeToFirstTokenMs,
      finish_reasons: [finish_reason],
      response_id,
      success: true,
      ...(turn.attempt > 1 && { retry: { attempt: turn.attempt } }),
      worker_id,
      prompt,
    },
    output: { message_id },
  })
  writer.event('reason.completed', { success: true, has_tool_calls: calls.length > 0, tool_call_count: calls.length, duration_ms, usage })
  if (calls.length > 0) writer.event('act.started', { tool_calls: calls.map(({ id, name }) => ({ id, name })) })
  calls.forEach(({ id, name, arguments: args }, position) => {
    writer.openCall({ id, position, name, arguments: args ?? null, effects: tools.find(name)?.effects ?? 'idempotent', decision: tools.needsApproval(name) ? 'required' : null })
    writer.event('tool.started', { tool_call: { id, name, arguments: args } })
  })
  // The step is done, and the next may begin without a checkpoint between them: when a message has joined the turn.
  if (turn.attempt > 1) writer.countAttempt(1)
}

/** Writes that a model call came to nothing. */
export function writeFailure({ turn, writer, lease, worker_id }: TurnRun, answer: AnswerStream, { error, prompt, durationMs }: CallOutcome & { error: unknown }): void {
  if (lease.isLost) return
  const duration_ms = Math.round(durationMs)
  const reason = lease.cancelReason ? 'cancelled' : error instanceof ModelError ? error.kind : 'internal_error'
  const { model, provider_type: provider } = turn.model
  const retry = turn.attempt > 1 ? { retry: { attempt: turn.attempt } } : {}
  writer.event('llm.generation', {
    metadata: { model, provider, duration_ms, time_to_first_token_ms: answer.timeToFirstTokenMs, finish_reasons: [], response_id: null, success: false, error: reason, ...retry, worker_id, prompt },
    output: { message_id: null },
  })
  writer.event('reason.completed', { success: false, has_tool_calls: false, tool_call_count: 0, duration_ms, error: reason })
}

/** Models repeat call ids; a turn must not, for a call's id is what its result and its effects are known by. */
function makeIdsUnique(calls: readonly ToolCallPart[], before: readonly ToolCallPart[]): ToolCallPart[] {
  const taken = new Set(before.map((call) => call.id))
  return calls.map((call) => {
    let id = call.id
    for (let copy = 2; taken.has(id); copy++) id = `${call.id}_${copy}`
    taken.add(id)
    return { ...call, id }
  })
}

import type { ToolCallPart } from '@reprise/contract'
import { buildPrompt } from '../prompt/build-prompt.ts'
import { readEarlierTurns } from '../prompt/earlier-turns.ts'
import { ModelError } from '../models/model-error.ts'
import type { ModelCall, ModelChunk } from '../models/model-provider.ts'
import { AnswerStream } from './answer-stream.ts'
import { toolCallsOf } from './turn.ts'
import type { TurnRun } from './turn-run.ts'

/** A model call that has not finished by then has failed. */
const modelCallMsMax = 300_000

/**
 * One model call. Its deltas are committed as they come; its answer, with the intents of its tool calls, is written
 * and left for the next step to commit: with the turn's end, or before the first tool runs.
 */
export async function callModel(run: TurnRun, iteration: number): Promise<void> {
  const { turn, writer, services, signal } = run
  const { agent_id, harness_id, parallel_tool_calls } = turn.definition
  const { model, id: model_id, provider_id, provider_type } = turn.model
  const startedAt = performance.now()
  writer.event('reason.started', { agent_id, harness_id, metadata: { model, model_id, provider_id } })
  const answer = new AnswerStream({ writer, turn_id: turn.id, model, iteration, startedAt })
  const call = new AbortController()
  const deadline = setTimeout(() => call.abort(new ModelError('timeout', 'the model did not finish in time')), modelCallMsMax)
  const onLost = () => call.abort(signal.reason)
  signal.addEventListener('abort', onLost, { once: true })
  try {
    const provider = services.providers.get(provider_type)
    if (!provider) throw new ModelError('unavailable', `no provider of type ${provider_type}`)
    run.earlier ??= services.pasts.find(turn) ?? (await readEarlierTurns(services.db, turn))
    const modelCall: ModelCall = {
      model,
      system: turn.definition.system_prompt,
      ...buildPrompt(services.db, turn, run.earlier),
      tools: run.tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
      reasoning_effort: turn.reasoning_effort,
      parallel_tool_calls,
      attempt: 1,
    }
    const finished = await drain(provider.stream(modelCall, call.signal), answer)
    writeAnswer(run, answer, finished, performance.now() - startedAt)
  } catch (error) {
    const duration_ms = Math.round(performance.now() - startedAt)
    // A fault reaches streams as far as it came: what was streamed is kept, and never taken for an answer.
    answer.flush()
    if (!signal.aborted) {
      writer.event('reason.completed', { success: false, has_tool_calls: false, tool_call_count: 0, duration_ms, error: error instanceof ModelError ? error.kind : 'internal_error' })
    }
    throw error
  } finally {
    answer.close()
    clearTimeout(deadline)
    signal.removeEventListener('abort', onLost)
    run.time_to_first_token_ms ??= answer.timeToFirstTokenMs
  }
}

async function drain(stream: AsyncIterable<ModelChunk>, answer: AnswerStream): Promise<Extract<ModelChunk, { type: 'finished' }>> {
  for await (const chunk of stream) {
    if (chunk.type === 'finished') return chunk
    answer.take(chunk)
  }
  throw new ModelError('cut', 'the stream ended before the answer was finished')
}

function writeAnswer({ turn, writer, tools }: TurnRun, answer: AnswerStream, finished: Extract<ModelChunk, { type: 'finished' }>, durationMs: number): void {
  const { usage, finish_reason, response_id } = finished
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
    },
    output: { message_id },
  })
  writer.event('reason.completed', { success: true, has_tool_calls: calls.length > 0, tool_call_count: calls.length, duration_ms, usage })
  if (calls.length > 0) writer.event('act.started', { tool_calls: calls.map(({ id, name }) => ({ id, name })) })
  calls.forEach(({ id, name, arguments: args }, position) => {
    const effects = tools.find((tool) => tool.name === name)?.effects ?? 'idempotent'
    writer.openCall({ id, position, name, arguments: args ?? null, effects })
    writer.event('tool.started', { tool_call: { id, name, arguments: args } })
  })
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

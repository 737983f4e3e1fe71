import type { ToolCallPart } from '@reprise/contract'
import { reachCrashPoint } from '@reprise/store'
import { buildPrompt } from '../prompt/build-prompt.ts'
import { planPrompt, type PromptPlan } from '../prompt/plan-prompt.ts'
import { ModelError } from '../models/model-error.ts'
import { priceUsage } from '../models/price-usage.ts'
import type { ModelCall, ModelChunk } from '../models/model-provider.ts'
import { pause } from './pause.ts'
import { AnswerStream } from './answer-stream.ts'
import { untilAborted } from './lease.ts'
import { chooseRetryDelay } from './turn-limits.ts'
import type { TurnRun } from './turn-run.ts'
import { toolCallsOf } from './turn.ts'

type Finished = Extract<ModelChunk, { type: 'finished' }>

/**
 * One model call, tried again while its faults allow. Its deltas are committed as they come; its answer, with the
 * intents of its tool calls, is written and left for the next step to commit: with the turn's end, or before the first
 * tool runs.
 */
export async function callModel(run: TurnRun, iteration: number): Promise<void> {
  const { turn, lease } = run
  checkToolSupport(run)
  await startAttempt(run)
  if (turn.retry_in_ms > 0) await pause(turn.retry_in_ms, lease.signal)
  turn.retry_in_ms = 0
  const plan = await planPrompt(run)
  for (;;) {
    const failure = await attemptCall(run, iteration, plan)
    if (!failure) return
    await waitForNextAttempt(run, failure)
  }
}

/** Tools that were left out without a word would be missed by their agent, and by nobody else. */
function checkToolSupport({ turn, tools }: TurnRun): void {
  if (turn.model.supports_tools || tools.specs.length === 0) return
  throw new ModelError('tools_unsupported', `the model ${turn.model.model} cannot use tools, and this turn has ${tools.specs.length}`)
}

/** A takeover is an attempt of its own, counted before it is made; one that was still waiting has been counted. */
async function startAttempt(run: TurnRun): Promise<void> {
  const { turn, writer } = run
  if (!run.stepMayHaveBegun) return
  run.stepMayHaveBegun = false
  if (turn.retry_in_ms > 0) return
  writer.countAttempt(turn.attempt + 1)
  await writer.commit()
}

interface Failure {
  error: ModelError
  /** What of the answer has been written. */
  written: { accumulated_len: number } | null
}

async function attemptCall(run: TurnRun, iteration: number, plan: PromptPlan): Promise<Failure | null> {
  const { turn, writer, services, lease } = run
  const { agent_id, harness_id } = turn.definition
  const { model, id: model_id, provider_id } = turn.model
  const startedAt = performance.now()
  writer.event('reason.started', { agent_id, harness_id, metadata: { model, model_id, provider_id } })
  const answer = new AnswerStream({ writer, turn_id: turn.id, model, iteration, startedAt })
  const call = new AbortController()
  const deadline = setTimeout(() => call.abort(new ModelError('timeout', 'the model did not finish in time')), services.limits.modelCallMsMax)
  const onStop = () => call.abort(lease.signal.reason)
  lease.signal.addEventListener('abort', onStop, { once: true })
  try {
    lease.signal.throwIfAborted()
    const modelCall = await prepareCall(run, plan)
    reachCrashPoint('model.before_call')
    const finished = await services.breakers.call(provider_id, () => untilAborted(drain(run, modelCall, answer, call.signal), call.signal))
    reachCrashPoint('model.answered')
    writeAnswer(run, answer, finished, performance.now() - startedAt)
    return null
  } catch (error) {
    // A fault reaches streams as far as it came: what was streamed is kept, and never taken for an answer.
    answer.flush()
    writeFailure(run, answer, error, performance.now() - startedAt)
    if (lease.cancelReason && answer.text !== '') run.cutOff = answer
    if (error instanceof ModelError) return { error, written: answer.written }
    throw error
  } finally {
    answer.close()
    clearTimeout(deadline)
    lease.signal.removeEventListener('abort', onStop)
    run.time_to_first_token_ms ??= answer.timeToFirstTokenMs
  }
}

async function prepareCall({ turn, tools, prompt }: TurnRun, plan: PromptPlan): Promise<ModelCall> {
  return {
    model: turn.model.model,
    system: turn.definition.system_prompt,
    ...(await buildPrompt(turn, plan, prompt)),
    tools: tools.specs,
    reasoning_effort: turn.reasoning_effort,
    parallel_tool_calls: turn.definition.parallel_tool_calls,
    attempt: turn.attempt,
  }
}

async function drain({ turn, services }: TurnRun, call: ModelCall, answer: AnswerStream, signal: AbortSignal): Promise<Finished> {
  const provider = await services.providers.find(turn.organization_id, turn.model)
  for await (const chunk of provider.stream(call, signal)) {
    if (chunk.type === 'finished') return chunk
    answer.take(chunk)
    if (answer.isAhead) await answer.catchUp()
    reachCrashPoint('model.mid_stream')
  }
  throw new ModelError('cut', 'the stream ended before the answer was finished')
}

/** Counts the next attempt, durably, and waits until it may be made. Throws the error when it was the last. */
async function waitForNextAttempt({ turn, writer, services, lease }: TurnRun, { error, written }: Failure): Promise<void> {
  const { limits } = services
  const delayMs = chooseRetryDelay(limits, turn.attempt, error.retry_after_ms)
  if (!error.retryable || turn.attempt >= limits.modelAttemptsMax || delayMs === null) throw error
  writer.countAttempt(turn.attempt + 1, delayMs)
  await writer.commit()
  reachCrashPoint('model.before_retry')
  await pause(delayMs, lease.signal)
  if (written) writer.event('reason.recovered', { turn_id: turn.id, mode: 'restart', ...written })
}

function writeFailure({ turn, writer, lease }: TurnRun, answer: AnswerStream, error: unknown, durationMs: number): void {
  if (lease.isLost) return
  const duration_ms = Math.round(durationMs)
  const reason = lease.cancelReason ? 'cancelled' : error instanceof ModelError ? error.kind : 'internal_error'
  const { model, provider_type: provider } = turn.model
  const retry = turn.attempt > 1 ? { retry: { attempt: turn.attempt } } : {}
  writer.event('llm.generation', {
    metadata: { model, provider, duration_ms, time_to_first_token_ms: answer.timeToFirstTokenMs, finish_reasons: [], response_id: null, success: false, error: reason, ...retry },
    output: { message_id: null },
  })
  writer.event('reason.completed', { success: false, has_tool_calls: false, tool_call_count: 0, duration_ms, error: reason })
}

function writeAnswer({ turn, writer, tools }: TurnRun, answer: AnswerStream, finished: Finished, durationMs: number): void {
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

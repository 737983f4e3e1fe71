import type { PromptRecord } from '@reprise/contract'
import { reachCrashPoint } from '@reprise/store'
import { buildPrompt } from '../prompt/build-prompt.ts'
import { planPrompt, type PromptPlan } from '../prompt/plan-prompt.ts'
import { recordPrompt } from '../prompt/record-prompt.ts'
import { ModelError } from '../models/model-error.ts'
import type { ModelCall } from '../models/model-provider.ts'
import { AnswerStream } from './answer-stream.ts'
import { untilAborted } from './lease.ts'
import { pause } from './pause.ts'
import { chooseRetryDelay } from './turn-limits.ts'
import type { TurnRun } from './turn-run.ts'
import { writeAnswer, writeFailure, type Finished } from './write-answer.ts'

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
  writer.event('reason.started', { agent_id, harness_id, metadata: { model, model_id, provider_id, worker_id: run.worker_id, attempt: turn.attempt } })
  const answer = new AnswerStream({ writer, turn_id: turn.id, model, iteration, startedAt })
  const call = new AbortController()
  const deadline = setTimeout(() => call.abort(new ModelError('timeout', 'the model did not finish in time')), services.limits.modelCallMsMax)
  const onStop = () => call.abort(lease.signal.reason)
  lease.signal.addEventListener('abort', onStop, { once: true })
  let prompt: PromptRecord | undefined
  try {
    lease.signal.throwIfAborted()
    const modelCall = await prepareCall(run, plan)
    prompt = recordPrompt(modelCall, plan.cut)
    reachCrashPoint('model.before_call')
    const finished = await services.breakers.call(provider_id, () => untilAborted(drain(run, modelCall, answer, call.signal), call.signal))
    reachCrashPoint('model.answered')
    writeAnswer(run, answer, { finished, prompt, durationMs: performance.now() - startedAt })
    return null
  } catch (error) {
    // A fault reaches streams as far as it came: what was streamed is kept, and never taken for an answer.
    answer.flush()
    writeFailure(run, answer, { error, prompt, durationMs: performance.now() - startedAt })
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

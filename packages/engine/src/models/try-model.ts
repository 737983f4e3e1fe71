import type { ModelTry } from '@reprise/contract'
import type { TurnModel } from '@reprise/store'
import { priceUsage } from './price-usage.ts'
import { ModelError } from './model-error.ts'
import type { ModelCall } from './model-provider.ts'
import type { ModelProviders } from './model-providers.ts'

export interface TryRequest {
  organization_id: string
  model: TurnModel
  text: string
  signal: AbortSignal
  timeoutMs: number
}

/**
 * Asks a model once, without tools and past the breakers, and tells what came of it: also a refusal is an answer. Throws
 * only the signal's reason.
 */
export async function tryModel(providers: ModelProviders, { organization_id, model, text, signal, timeoutMs }: TryRequest): Promise<ModelTry> {
  const startedAt = performance.now()
  const since = () => Math.round(performance.now() - startedAt)
  const answer: ModelTry = { ok: false, text: null, error: null, duration_ms: 0, time_to_first_token_ms: null, usage: null }
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const provider = await providers.find(organization_id, model)
    for await (const chunk of provider.stream(writeCall(model, text), AbortSignal.any([signal, limit]))) {
      if (chunk.type === 'thinking_delta' || chunk.type === 'text_delta') answer.time_to_first_token_ms ??= since()
      if (chunk.type === 'text_delta') answer.text = (answer.text ?? '') + chunk.delta
      if (chunk.type === 'finished') Object.assign(answer, { ok: true, usage: priceUsage(chunk.usage, model.prices) })
    }
    if (!answer.ok) answer.error = { kind: 'cut', message: 'the stream ended before the answer was finished' }
  } catch (error) {
    signal.throwIfAborted()
    if (limit.aborted) answer.error = { kind: 'timeout', message: `the model did not answer within ${timeoutMs / 1_000} s` }
    else if (error instanceof ModelError) answer.error = { kind: error.kind, message: error.message }
    else throw error
  }
  return { ...answer, duration_ms: since() }
}

function writeCall({ model }: TurnModel, text: string): ModelCall {
  const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text }] }]
  return { model, system: null, earlier_turns: [], messages, tools: [], reasoning_effort: null, parallel_tool_calls: false, attempt: 1 }
}

/**
 * The built-in provider that costs nothing and always answers the same: what it says follows from the prompt alone.
 * It echoes the user, or plays the script in a fenced `sim` block of the user's text. Without delays in the script
 * there is no timer and each text is one delta, because benchmarks drive this path thousands of times a second.
 */
import { imageMediaTypes, limits } from '@reprise/contract'
import type { ImageLimits, ModelCall, ModelChunk, ModelProvider } from '../model-provider.ts'
import { chooseStep, type ChosenStep } from './choose-step.ts'
import { estimateUsage } from './estimate-usage.ts'
import { failStep } from './fail-step.ts'
import { pause } from '../../turn/pause.ts'
import { firstHalf, splitText } from './split-text.ts'

const images: ImageLimits = { takesUrls: true, mediaTypes: imageMediaTypes, bytesMax: limits.imageBytesMax, edgePixelsMax: Infinity }
const charactersPerToken = 4
/** A faster model says more per delta rather than waking up more often. */
const deltasPerSecondMax = 50

export function createSimProvider(): ModelProvider {
  return { type: 'sim', images, stream: streamSimAnswer }
}

async function* streamSimAnswer(call: ModelCall, signal: AbortSignal): AsyncGenerator<ModelChunk> {
  signal.throwIfAborted()
  const step = chooseStep(call)
  const fault = step.fail !== null && call.attempt <= step.fail.times ? step.fail : null
  if (step.ttft_ms > 0) await pause(step.ttft_ms, signal)
  if (fault !== null && fault.kind !== 'cut') await failStep(fault, signal)

  const spoken = fault === null ? step : cutStep(step)
  const pace = paceOf(step.tokens_per_second)
  if (spoken.thinking !== '') {
    yield { type: 'thinking_started' }
    for (const delta of splitText(spoken.thinking, pace.charactersPerDelta)) {
      yield { type: 'thinking_delta', delta }
      if (pace.pauseMs > 0) await pause(pace.pauseMs, signal)
    }
    // A call cut within its thinking never tells its signature.
    if (fault === null || spoken.text !== '') yield { type: 'thinking_completed', signature: step.signature }
  }
  for (const delta of splitText(spoken.text, pace.charactersPerDelta)) {
    yield { type: 'text_delta', delta }
    if (pace.pauseMs > 0) await pause(pace.pauseMs, signal)
  }
  if (fault !== null) await failStep(fault, signal)
  for (const toolCall of step.tool_calls) yield { type: 'tool_call', ...toolCall }
  const finish_reason = step.tool_calls.length > 0 ? 'tool_calls' : 'stop'
  yield { type: 'finished', finish_reason, usage: estimateUsage(call, step), response_id: null }
}

/** What a cut stream still says: half its text, or half its thinking where it has no text. */
function cutStep({ thinking, text }: ChosenStep): { thinking: string; text: string } {
  return text === '' ? { thinking: firstHalf(thinking), text } : { thinking, text: firstHalf(text) }
}

function paceOf(tokensPerSecond: number): { charactersPerDelta: number; pauseMs: number } {
  if (tokensPerSecond === 0) return { charactersPerDelta: Infinity, pauseMs: 0 }
  const tokensPerDelta = Math.ceil(tokensPerSecond / deltasPerSecondMax)
  return { charactersPerDelta: tokensPerDelta * charactersPerToken, pauseMs: (1000 * tokensPerDelta) / tokensPerSecond }
}

import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import { ModelError } from '../model-error.ts'
import type { FinishReason, ModelChunk } from '../model-provider.ts'
import { readArguments } from './read-arguments.ts'
import { readUsage } from './read-usage.ts'
import { WholeCharacters } from './whole-characters.ts'

interface OpenThinking {
  id: string
  metadata: SharedV4ProviderMetadata
}

/** How long the end of a connection that has told everything is waited for, so that the next call can use it again. */
const farewellMsMax = 1_000

/**
 * The SDK's parts as chunks, each when it comes: nothing is read ahead of whoever takes them. Whatever ends the stream
 * before the vendor said that the answer is finished is a fault.
 */
export async function* readStream(stream: ReadableStream<LanguageModelV4StreamPart>, namespace: string): AsyncGenerator<ModelChunk> {
  const reader = stream.getReader()
  const text = new WholeCharacters()
  const thought = new WholeCharacters()
  let thinking: OpenThinking | null = null
  let response_id: string | null = null
  let isFinished = false

  function* endThinking(): Generator<ModelChunk> {
    if (!thinking) return
    const rest = thought.flush()
    if (rest !== '') yield { type: 'thinking_delta', delta: rest }
    const { metadata } = thinking
    thinking = null
    yield { type: 'thinking_completed', ...readMarks(metadata, namespace) }
  }
  function* endText(): Generator<ModelChunk> {
    const rest = text.flush()
    if (rest !== '') yield { type: 'text_delta', delta: rest }
  }

  try {
    for (;;) {
      const { done, value: part } = await reader.read()
      if (done) throw new ModelError('cut', 'the stream ended before the answer was finished')
      switch (part.type) {
        case 'response-metadata':
          response_id = part.id ?? response_id
          break
        case 'reasoning-start':
          yield* endThinking()
          thinking = { id: part.id, metadata: { ...part.providerMetadata } }
          yield { type: 'thinking_started' }
          break
        case 'reasoning-delta': {
          if (thinking?.id !== part.id) break
          mergeMarks(thinking.metadata, part.providerMetadata)
          const delta = thought.take(part.delta)
          if (delta !== '') yield { type: 'thinking_delta', delta }
          break
        }
        case 'reasoning-end':
          if (thinking?.id !== part.id) break
          mergeMarks(thinking.metadata, part.providerMetadata)
          yield* endThinking()
          break
        case 'text-delta': {
          const delta = text.take(part.delta)
          if (delta !== '') yield { type: 'text_delta', delta }
          break
        }
        case 'text-end':
          yield* endText()
          break
        case 'tool-input-start':
          yield { type: 'tool_call_started' }
          break
        case 'tool-call':
          // What the vendor itself runs is no call to us.
          if (!part.providerExecuted) yield { type: 'tool_call', id: part.toolCallId, name: part.toolName, arguments: readArguments(part.input) }
          break
        case 'error':
          throw part.error
        case 'finish':
          isFinished = true
          yield* endThinking()
          yield* endText()
          yield { type: 'finished', finish_reason: readFinishReason(part.finishReason), usage: readUsage(part.usage), response_id }
          return
        default:
          break
      }
    }
  } finally {
    if (isFinished) void awaitEnd(reader)
    else reader.cancel().catch(() => {})
  }
}

function mergeMarks(metadata: SharedV4ProviderMetadata, more: SharedV4ProviderMetadata | undefined): void {
  for (const [key, marks] of Object.entries(more ?? {})) metadata[key] = { ...metadata[key], ...marks }
}

/** The signature is known to all; whatever else the vendor gave is kept for it as it is. */
function readMarks(metadata: SharedV4ProviderMetadata, namespace: string): { signature: string | null; vendor_json?: string } {
  const { signature, ...own } = metadata[namespace] ?? {}
  const rest = { ...metadata, [namespace]: own }
  const hasMore = Object.values(rest).some((marks) => Object.keys(marks).length > 0)
  return { signature: typeof signature === 'string' ? signature : null, ...(hasMore && { vendor_json: JSON.stringify(rest) }) }
}

function readFinishReason({ unified }: LanguageModelV4FinishReason): FinishReason {
  switch (unified) {
    case 'interrupted':
      throw new ModelError('cut', 'the stream ended before the answer was finished')
    case 'error':
      throw new ModelError('server_error', 'the provider gave up on its answer')
    case 'tool-calls':
      return 'tool_calls'
    case 'content-filter':
      return 'content_filter'
    default:
      return unified
  }
}

async function awaitEnd(reader: ReadableStreamDefaultReader<unknown>): Promise<void> {
  const timer = setTimeout(() => reader.cancel().catch(() => {}), farewellMsMax)
  try {
    while (!(await reader.read()).done);
  } catch {
    // The answer is whole: how its connection ends is of no interest.
  } finally {
    clearTimeout(timer)
  }
}

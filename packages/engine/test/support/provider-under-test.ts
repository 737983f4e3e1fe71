import { onTestFinished } from 'vitest'
import { createAiSdkProvider } from '../../src/models/ai-sdk/create-ai-sdk-provider.ts'
import { vendors } from '../../src/models/ai-sdk/vendors.ts'
import type { ModelCall, ModelChunk, ModelProvider, PromptMessage, ThinkingBlock } from '../../src/models/model-provider.ts'
import { watchSilence } from '../../src/models/watch-silence.ts'
import { startAnthropicServer } from '../protocol/anthropic-server.ts'
import { startOpenAiServer } from '../protocol/openai-server.ts'
import type { ServerOptions } from '../protocol/server-options.ts'

export const vendorNames = ['anthropic', 'openai', 'openai_compatible'] as const
export type VendorName = (typeof vendorNames)[number]

export const modelOf: Record<VendorName, string> = { anthropic: 'claude-sonnet-4-5', openai: 'gpt-5', openai_compatible: 'qwen' }

export async function startServerOf(name: VendorName, options: ServerOptions = {}) {
  const server = name === 'anthropic' ? await startAnthropicServer(options) : await startOpenAiServer(options)
  onTestFinished(() => server.close())
  return server
}

export function connect(type: VendorName, base_url: string, { api_key = 'test-key', silenceMsMax = 10_000 }: { api_key?: string | null; silenceMsMax?: number } = {}): ModelProvider {
  return createAiSdkProvider(vendors.get(type)!, { type, base_url, api_key }, { fetch: watchSilence(fetch, silenceMsMax) })
}

export function callOf(name: VendorName, messages: PromptMessage[], changes: Partial<ModelCall> = {}): ModelCall {
  return { model: modelOf[name], system: null, earlier_turns: [], messages, tools: [], reasoning_effort: null, parallel_tool_calls: true, attempt: 1, ...changes }
}

export interface Heard {
  chunks: ModelChunk[]
  /** What the call threw, if it did. */
  fault: unknown
}

/** Makes a call and keeps what came before a fault as well. */
export async function listen(provider: ModelProvider, call: ModelCall, signal: AbortSignal = new AbortController().signal): Promise<Heard> {
  const chunks: ModelChunk[] = []
  try {
    for await (const chunk of provider.stream(call, signal)) chunks.push(chunk)
  } catch (fault) {
    return { chunks, fault }
  }
  return { chunks, fault: undefined }
}

export async function hear(provider: ModelProvider, call: ModelCall): Promise<ModelChunk[]> {
  const { chunks, fault } = await listen(provider, call)
  if (fault !== undefined) throw fault
  return chunks
}

export function textOf(chunks: readonly ModelChunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text_delta' ? chunk.delta : '')).join('')
}

export function callsOf(chunks: readonly ModelChunk[]) {
  return chunks.filter((chunk) => chunk.type === 'tool_call')
}

export function finishOf(chunks: readonly ModelChunk[]) {
  return chunks.find((chunk) => chunk.type === 'finished')
}

/** The blocks of thinking, as a turn would keep them. */
export function thinkingOf(chunks: readonly ModelChunk[]): ThinkingBlock[] {
  const blocks: ThinkingBlock[] = []
  let text = ''
  for (const chunk of chunks) {
    if (chunk.type === 'thinking_started') text = ''
    if (chunk.type === 'thinking_delta') text += chunk.delta
    if (chunk.type === 'thinking_completed') blocks.push({ text, signature: chunk.signature, ...(chunk.vendor_json && { vendor_json: chunk.vendor_json }) })
  }
  return blocks
}

/** The agent's message that a turn would store of an answer. */
export function messageOf(chunks: readonly ModelChunk[]): PromptMessage {
  const text = textOf(chunks)
  return { role: 'agent', content: [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...callsOf(chunks)], thinking: thinkingOf(chunks) }
}

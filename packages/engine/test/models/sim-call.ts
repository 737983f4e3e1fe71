import { createSimProvider } from '../../src/models/sim/sim-provider.ts'
import type { ModelCall, ModelChunk, PromptMessage, PromptPart } from '../../src/models/model-provider.ts'

const sim = createSimProvider()

export function simCall(messages: PromptMessage[], changes: Partial<ModelCall> = {}): ModelCall {
  return { model: 'sim', system: null, earlier_turns: [], messages, tools: [], reasoning_effort: null, parallel_tool_calls: true, attempt: 1, ...changes }
}

export interface Heard {
  chunks: ModelChunk[]
  /** What the call threw, if it did. */
  fault: unknown
}

/** Makes a call and keeps what came before a fault as well. */
export async function listen(call: ModelCall, signal: AbortSignal = new AbortController().signal): Promise<Heard> {
  const chunks: ModelChunk[] = []
  try {
    for await (const chunk of sim.stream(call, signal)) chunks.push(chunk)
  } catch (fault) {
    return { chunks, fault }
  }
  return { chunks, fault: undefined }
}

export async function answerText(call: ModelCall): Promise<string> {
  const { chunks, fault } = await listen(call)
  if (fault !== undefined) throw fault
  return textOf(chunks)
}

export function textOf(chunks: readonly ModelChunk[]): string {
  return chunks.map((chunk) => (chunk.type === 'text_delta' ? chunk.delta : '')).join('')
}

export function scriptText(...steps: object[]): string {
  return `Please.\n\`\`\`sim\n${JSON.stringify({ steps })}\n\`\`\``
}

export function user(...content: (string | PromptPart)[]): PromptMessage {
  return { role: 'user', content: content.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)) }
}

export function answered(text: string): PromptMessage {
  return { role: 'agent', content: [{ type: 'text', text }], thinking: [] }
}

export function called(...ids: string[]): PromptMessage {
  return { role: 'agent', content: ids.map((id) => ({ type: 'tool_call', id, name: 'calculator', arguments: {} })), thinking: [] }
}

export function resulted(tool_call_id: string, outcome: { result?: unknown; error?: string }): PromptMessage {
  return { role: 'tool_result', content: [{ type: 'tool_result', tool_call_id, ...outcome }] }
}

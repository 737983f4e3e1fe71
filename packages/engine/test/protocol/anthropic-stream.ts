import { randomUUID } from 'node:crypto'
import { argumentsOf, callsOf, countTokens, piecesOf, saidOf, type Answer, type Said } from './answer.ts'
import type { AnthropicMemory } from './anthropic-memory.ts'
import type { StreamEvent } from './sse.ts'

/** The events of one message, as Anthropic streams it. What is signed is remembered. */
export function writeAnthropicStream(answer: Answer, model: string, memory: AnthropicMemory): StreamEvent[] {
  const { usage = {} } = answer
  const blocks = saidOf(answer).map((said) => writeBlock(said, memory))
  memory.remember(blocks.map(({ whole }) => whole))
  const message = {
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: usage.input ?? 10, cache_creation_input_tokens: usage.cache_write ?? 0, cache_read_input_tokens: usage.cache_read ?? 0, output_tokens: 1 },
  }
  const output = usage.output ?? blocks.reduce((sum, { text }) => sum + countTokens(text), 0)
  return [
    named({ type: 'message_start', message }),
    ...blocks.flatMap(({ start, deltaOf, text, signature }, index) => [
      named({ type: 'content_block_start', index, content_block: start }),
      ...(index === 0 ? [named({ type: 'ping' })] : []),
      ...piecesOf(text, answer).map((piece) => ({ ...named({ type: 'content_block_delta', index, delta: deltaOf(piece) }), isDelta: true })),
      ...(signature === undefined ? [] : [named({ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature } })]),
      named({ type: 'content_block_stop', index }),
    ]),
    named({ type: 'message_delta', delta: { stop_reason: stopReasonOf(answer), stop_sequence: null }, usage: { output_tokens: output, ...(usage.reasoning !== undefined && { output_tokens_details: { thinking_tokens: usage.reasoning } }) } }),
    named({ type: 'message_stop' }),
  ]
}

function named(data: { type: string; [key: string]: unknown }): StreamEvent {
  return { event: data.type, data }
}

interface WrittenBlock {
  /** As a request must send it back. */
  whole: { type: string; [key: string]: unknown }
  start: object
  text: string
  deltaOf: (piece: string) => object
  signature?: string
}

function writeBlock(said: Said, { signatures }: AnthropicMemory): WrittenBlock {
  if ('thinking' in said) {
    const signature = signatures.sign(said.thinking)
    return {
      whole: { type: 'thinking', thinking: said.thinking, signature },
      start: { type: 'thinking', thinking: '', signature: '' },
      text: said.thinking,
      deltaOf: (thinking) => ({ type: 'thinking_delta', thinking }),
      signature,
    }
  }
  if ('redacted' in said) {
    const whole = { type: 'redacted_thinking', data: signatures.seal(said.redacted) }
    return { whole, start: whole, text: '', deltaOf: () => ({}) }
  }
  if ('call' in said) {
    const whole = { type: 'tool_use', id: said.id ?? `toolu_${randomUUID().replaceAll('-', '').slice(0, 24)}`, name: said.call, input: {} }
    return { whole, start: whole, text: argumentsOf(said), deltaOf: (partial_json) => ({ type: 'input_json_delta', partial_json }) }
  }
  return { whole: { type: 'text', text: said.text }, start: { type: 'text', text: '' }, text: said.text, deltaOf: (text) => ({ type: 'text_delta', text }) }
}

function stopReasonOf(answer: Answer): string {
  if (answer.finish === 'length') return 'max_tokens'
  if (answer.finish === 'content_filter') return 'refusal'
  return callsOf(answer).length > 0 ? 'tool_use' : 'end_turn'
}

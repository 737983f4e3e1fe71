import { randomUUID } from 'node:crypto'
import { argumentsOf, countTokens, piecesOf, saidOf, type Answer, type Said } from './answer.ts'
import type { OpenAiRequest } from './openai-protocol.ts'
import type { ResponsesMemory } from './responses-memory.ts'
import type { StreamEvent } from './sse.ts'

type Delta = Record<string, unknown> & { type: string }

interface WrittenItem {
  start: object
  deltas: Delta[]
  whole: Record<string, unknown>
  text: string
}

/** The events of one response, as OpenAI streams it. */
export function writeResponsesStream(answer: Answer, body: OpenAiRequest, memory: ResponsesMemory): StreamEvent[] {
  const { usage = {}, finish } = answer
  const items = saidOf(answer).map((said) => writeItem(said, answer, body, memory))
  let reasoning: string | null = null
  for (const { whole } of items) {
    if (whole['type'] === 'reasoning') reasoning = String(whole['encrypted_content'])
    else if (whole['type'] === 'function_call' && reasoning !== null) memory.remember(String(whole['call_id']), reasoning)
  }
  const response = { id: `resp_${id()}`, object: 'response', created_at: Math.floor(Date.now() / 1000), model: body.model, store: body.store ?? true }
  const output = usage.output ?? items.reduce((sum, { text }) => sum + countTokens(text), 0)
  const status = finish ? 'incomplete' : 'completed'
  const ended = {
    ...response,
    status,
    incomplete_details: finish ? { reason: finish === 'length' ? 'max_output_tokens' : 'content_filter' } : null,
    output: items.map(({ whole }) => whole),
    usage: {
      input_tokens: usage.input ?? 10,
      input_tokens_details: { cached_tokens: usage.cache_read ?? 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
      total_tokens: (usage.input ?? 10) + output,
    },
  }
  const started = { ...response, status: 'in_progress', output: [], usage: null }
  const events: Delta[] = [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
    ...items.flatMap(({ start, deltas, whole }, output_index) => [
      { type: 'response.output_item.added', output_index, item: start },
      ...deltas.map((delta) => ({ ...delta, output_index })),
      { type: 'response.output_item.done', output_index, item: whole },
    ]),
    { type: `response.${status}`, response: ended },
  ]
  return events.map((data, sequence_number) => ({ event: data.type, data: { ...data, sequence_number }, isDelta: data.type.endsWith('.delta') }))
}

function writeItem(said: Said, answer: Answer, { include }: OpenAiRequest, { signatures }: ResponsesMemory): WrittenItem {
  if ('thinking' in said || 'redacted' in said) {
    const item_id = `rs_${id()}`
    const text = 'thinking' in said ? said.thinking : ''
    const encrypted = include?.includes('reasoning.encrypted_content') ? { encrypted_content: signatures.seal(item_id) } : {}
    // Blank lines part a summary, as they part its titles.
    const summary = text === '' ? [] : text.split('\n\n').map((part) => ({ type: 'summary_text', text: part }))
    const deltas = summary.flatMap((part, summary_index): Delta[] => [
      { type: 'response.reasoning_summary_part.added', item_id, summary_index, part: { type: 'summary_text', text: '' } },
      ...piecesOf(part.text, answer).map((delta) => ({ type: 'response.reasoning_summary_text.delta', item_id, summary_index, delta })),
      { type: 'response.reasoning_summary_text.done', item_id, summary_index, text: part.text },
      { type: 'response.reasoning_summary_part.done', item_id, summary_index, part },
    ])
    return { start: { id: item_id, type: 'reasoning', summary: [], ...encrypted }, deltas, whole: { id: item_id, type: 'reasoning', summary, ...encrypted }, text }
  }
  if ('call' in said) {
    const item = { id: `fc_${id()}`, type: 'function_call', call_id: said.id ?? `call_${id().slice(0, 24)}`, name: said.call }
    const text = argumentsOf(said)
    const deltas = piecesOf(text, answer).map((delta) => ({ type: 'response.function_call_arguments.delta', item_id: item.id, delta }))
    return {
      start: { ...item, status: 'in_progress', arguments: '' },
      deltas: [...deltas, { type: 'response.function_call_arguments.done', item_id: item.id, arguments: text }],
      whole: { ...item, status: 'completed', arguments: text },
      text,
    }
  }
  const message = { id: `msg_${id()}`, type: 'message', role: 'assistant' }
  const at = { item_id: message.id, content_index: 0 }
  const part = { type: 'output_text', text: said.text, annotations: [] }
  return {
    start: { ...message, status: 'in_progress', content: [] },
    deltas: [
      { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
      ...piecesOf(said.text, answer).map((delta) => ({ type: 'response.output_text.delta', ...at, delta })),
      { type: 'response.output_text.done', ...at, text: said.text },
      { type: 'response.content_part.done', ...at, part },
    ],
    whole: { ...message, status: 'completed', content: [part] },
    text: said.text,
  }
}

function id(): string {
  return randomUUID().replaceAll('-', '')
}

import { randomUUID } from 'node:crypto'
import { argumentsOf, callsOf, countTokens, piecesOf, saidOf, type Answer, type Said } from './answer.ts'
import type { OpenAiRequest } from './openai-protocol.ts'
import type { StreamEvent } from './sse.ts'

/** The chunks of one completion, as OpenAI and the servers compatible with it stream them. */
export function writeChatStream(answer: Answer, { model, stream_options }: OpenAiRequest): StreamEvent[] {
  const { usage = {} } = answer
  const completion = { id: `chatcmpl-${randomUUID()}`, object: 'chat.completion.chunk', created: Math.floor(Date.now() / 1000), model }
  const chunk = (delta: object, finish_reason: string | null = null) => ({ data: { ...completion, choices: [{ index: 0, delta, finish_reason }] } })
  const output = usage.output ?? saidOf(answer).reduce((sum, said) => sum + countTokens(textOf(said)), 0)
  const total = {
    prompt_tokens: usage.input ?? 10,
    completion_tokens: output,
    total_tokens: (usage.input ?? 10) + output,
    prompt_tokens_details: { cached_tokens: usage.cache_read ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  }
  let calls = 0
  return [
    chunk({ role: 'assistant', content: '' }),
    ...saidOf(answer).flatMap((said) => ('call' in said ? writeCall(said, calls++, answer) : piecesOf(textOf(said), answer).map((piece) => ('text' in said ? { content: piece } : { reasoning_content: piece })))).map((delta) => ({ ...chunk(delta), isDelta: true })),
    chunk({}, finishReasonOf(answer)),
    ...(stream_options?.include_usage ? [{ data: { ...completion, choices: [], usage: total } }] : []),
    { data: '[DONE]' },
  ]
}

function writeCall(said: Extract<Said, { call: string }>, index: number, answer: Answer): object[] {
  const start = { index, id: said.id ?? `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`, type: 'function', function: { name: said.call, arguments: '' } }
  return [{ tool_calls: [start] }, ...piecesOf(argumentsOf(said), answer).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] }))]
}

function textOf(said: Said): string {
  if ('thinking' in said) return said.thinking
  if ('text' in said) return said.text
  return 'call' in said ? argumentsOf(said) : ''
}

function finishReasonOf(answer: Answer): string {
  return answer.finish ?? (callsOf(answer).length > 0 ? 'tool_calls' : 'stop')
}

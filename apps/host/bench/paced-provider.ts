import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the answer to a message is to be; the message's text is this as JSON. */
export interface PacedAnswer {
  /** Names it in `firstByteAt`. */
  marker: string
  tokens: number
  tokensPerSecond: number
}

/**
 * A model server that streams Chat Completions at a pace. It shares the process of the client that is measured, so that
 * both times are one clock's, and all answers share one timer, so that it costs little.
 */
export interface PacedProvider {
  /** `127.0.0.1:port`. */
  place: string
  /** When the first piece of an answer's text was written, by `performance.now()`. */
  firstByteAt: ReadonlyMap<string, number>
  stop(): Promise<void>
}

interface Answering {
  response: ServerResponse
  answer: PacedAnswer
  startedAt: number
  sent: number
}

const tickMs = 10
/** Four characters, as a token of English text has on average. */
const token = ' and'
export const tokenCharacters = token.length

export async function startPacedProvider(): Promise<PacedProvider> {
  const firstByteAt = new Map<string, number>()
  const underWay = new Set<Answering>()

  const ticking = setInterval(() => {
    const now = performance.now()
    for (const answering of underWay) advance(answering, now)
  }, tickMs)

  function advance(answering: Answering, now: number): void {
    const { response, answer, startedAt } = answering
    const due = Math.min(answer.tokens, Math.floor(((now - startedAt) / 1000) * answer.tokensPerSecond) + 1)
    if (answering.sent === 0 && due > 0) firstByteAt.set(answer.marker, performance.now())
    let text = ''
    for (; answering.sent < due; answering.sent++) text += frame({ choices: [{ index: 0, delta: { content: token }, finish_reason: null }] })
    if (answering.sent < answer.tokens) return void response.write(text)
    underWay.delete(answering)
    const usage = { prompt_tokens: 10, completion_tokens: answer.tokens, total_tokens: 10 + answer.tokens }
    response.end(`${text}${frame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}${frame({ choices: [], usage })}data: [DONE]\n\n`)
  }

  async function begin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await readAnswer(request)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    response.write(frame({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }))
    underWay.add({ response, answer, startedAt: performance.now(), sent: 0 })
  }

  const server = createServer((request, response) => void begin(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    place: `127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    firstByteAt,
    async stop() {
      clearInterval(ticking)
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function frame(chunk: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'paced', ...chunk })}\n\n`
}

async function readAnswer(request: IncomingMessage): Promise<PacedAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set
  const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: { role: string; content: string | { text: string }[] }[] } // as Chat Completions has it
  const { content } = messages.findLast(({ role }) => role === 'user')!
  return JSON.parse(typeof content === 'string' ? content : content.map(({ text }) => text).join('')) as PacedAnswer // the benchmark's own message
}

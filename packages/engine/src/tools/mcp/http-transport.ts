/**
 * The client's end of streamable HTTP: the SDK's transport, for servers that nobody vouches for.
 *
 * M1  Each request has a transport of its own within the session. The SDK's ends its streams only all at once, and what a
 *     call streams must end with the call, whether it was answered, cancelled or ran out of time.
 * M2  Of what comes there, only the answer to this request is taken for one: an answer with another call's id is none.
 * M3  A stream that ends without an answer fails its request at once.
 * M4  An answer is bounded in bytes and in JSON values, and the body of an error is not read at all: it may hold what was sent.
 * M5  What comes unasked is bounded too: streams are opened only so often, and of requests only a ping is heard, once a second.
 */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { mediaTypeEssence } from '@modelcontextprotocol/sdk/shared/mediaType.js'
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { isJSONRPCErrorResponse, isJSONRPCRequest, isJSONRPCResultResponse, type JSONRPCMessage, type JSONRPCRequest, type RequestId } from '@modelcontextprotocol/sdk/types.js'
import { setTimeout as delay } from 'node:timers/promises'
import type { Egress } from '../../egress/egress.ts'
import { AnswerMissing, AnswerRefused } from './mcp-errors.ts'
import { countJsonValues } from './bound-json-values.ts'

/** An answer is parsed, and searched for secrets, on the thread that serves everybody: eight megabytes hold it up for a moment, more for longer. */
const answerBytesMax = 8 * 1024 * 1024
const unaskedBytesMax = 1024 * 1024
const valuesMax = 250_000
const streamsUnaskedMax = 100
const unaskedPauseMs = 1_000
/** The server is told that the session is over, if it hears it by then. */
const goodbyeMs = 1_000

interface StreamBounds {
  bytesMax: number
  /** Of the body of a success, also of one that has none, or that is not read. */
  onEnd(error: unknown): void
}

export class HttpTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: Transport['onmessage']
  sessionId: string | undefined
  readonly #egress: Pick<Egress, 'fetch'>
  readonly #url: URL
  readonly #headers: Record<string, string>
  readonly #requests = new Map<RequestId, StreamableHTTPClientTransport>()
  #main: StreamableHTTPClientTransport | null = null
  #version: string | null = null
  #streamsUnasked = 0
  #nextUnaskedAt = 0
  #nextPingAt = 0
  #isClosed = false

  constructor(egress: Pick<Egress, 'fetch'>, { url, headers }: { url: string; headers: Record<string, string> }) {
    this.#egress = egress
    this.#url = new URL(url)
    this.#headers = headers
  }

  async start(): Promise<void> {}

  setProtocolVersion(version: string): void {
    this.#version = version
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (isJSONRPCRequest(message)) return await this.#request(message)
    this.#main ??= await this.#openMain()
    const sending = this.#main.send(message)
    const cancelled = 'method' in message && message.method === 'notifications/cancelled' ? message.params?.['requestId'] : undefined
    if (typeof cancelled === 'number' || typeof cancelled === 'string') void this.#end(cancelled)
    await sending
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.all([...this.#requests.keys()].map((id) => this.#end(id)))
    this.onclose?.()
    if (!this.#main) return
    await Promise.race([this.#main.terminateSession().catch(() => {}), delay(goodbyeMs, undefined, { ref: false })])
    await this.#main.close()
  }

  /** Resolves when the answer has come. */
  async #request(message: JSONRPCRequest): Promise<void> {
    const { id } = message
    const answered = Promise.withResolvers<void>()
    answered.promise.catch(() => {})
    let isResumable = false
    const transport = this.#open({
      bytesMax: answerBytesMax,
      // What was read last is on its way through the parser.
      onEnd: (error) => setImmediate(() => (error !== null || !isResumable) && answered.reject(error ?? new AnswerMissing())),
    })
    transport.onmessage = (heard) => {
      this.sessionId ??= transport.sessionId
      const isAnswer = isJSONRPCResultResponse(heard) || isJSONRPCErrorResponse(heard)
      if (isAnswer && heard.id !== id) return
      if (isAnswer) answered.resolve()
      this.#hear(heard)
      if (isAnswer) void this.#end(id)
    }
    this.#requests.set(id, transport)
    try {
      await transport.start()
      await transport.send(message, { onresumptiontoken: () => (isResumable = true) })
      this.sessionId ??= transport.sessionId
      await answered.promise
    } finally {
      await this.#end(id)
    }
  }

  async #end(id: RequestId): Promise<void> {
    const transport = this.#requests.get(id)
    this.#requests.delete(id)
    await transport?.close()
  }

  async #openMain(): Promise<StreamableHTTPClientTransport> {
    const main = this.#open({ bytesMax: unaskedBytesMax, onEnd: () => {} })
    main.onmessage = (heard) => {
      if (!isJSONRPCResultResponse(heard) && !isJSONRPCErrorResponse(heard)) this.#hear(heard)
    }
    await main.start()
    return main
  }

  #hear(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message)) {
      if (message.method !== 'ping' || performance.now() < this.#nextPingAt) return
      this.#nextPingAt = performance.now() + unaskedPauseMs
    }
    this.onmessage?.(message)
  }

  #open(bounds: StreamBounds): StreamableHTTPClientTransport {
    const transport = new StreamableHTTPClientTransport(this.#url, {
      fetch: (url, init) => this.#fetch(url, init, bounds),
      requestInit: { headers: this.#headers },
      ...(this.sessionId !== undefined && { sessionId: this.sessionId }),
    })
    if (this.#version !== null) transport.setProtocolVersion(this.#version)
    return transport
  }

  async #fetch(url: Parameters<FetchLike>[0], init: RequestInit | undefined, { bytesMax, onEnd }: StreamBounds): Promise<Response> {
    if (init?.method === 'GET') await this.#paceStream(init.signal ?? undefined)
    const response = await this.#egress.fetch(url, { ...init, responseBytesMax: bytesMax })
    const { status, headers, body, ok } = response
    if (!ok) {
      await body?.cancel()
      return new Response(null, { status, headers })
    }
    if (!body) onEnd(null)
    return new Response(body && boundStream(body, { isEventStream: mediaTypeEssence(headers.get('content-type')) === 'text/event-stream', onEnd }), { status, headers })
  }

  async #paceStream(signal: AbortSignal | undefined): Promise<void> {
    if (++this.#streamsUnasked > streamsUnaskedMax) throw new AnswerRefused('ended its stream too often')
    const waitMs = this.#nextUnaskedAt - performance.now()
    this.#nextUnaskedAt = performance.now() + Math.max(waitMs, 0) + unaskedPauseMs
    if (waitMs > 0) await delay(waitMs, undefined, { signal, ref: false })
  }
}

/** The body as it comes, until it holds too much. */
function boundStream(body: ReadableStream<Uint8Array>, { isEventStream, onEnd }: Pick<StreamBounds, 'onEnd'> & { isEventStream: boolean }): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const exceedsValues = countJsonValues(valuesMax, { isEventStream })
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) {
            onEnd(null)
            return controller.close()
          }
          if (exceedsValues(value)) throw new AnswerRefused(`answered with more than ${valuesMax} JSON values`)
          controller.enqueue(value)
        } catch (error) {
          onEnd(error)
          controller.error(error)
          await reader.cancel(error).catch(() => {})
        }
      },
      async cancel(reason) {
        onEnd(null)
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

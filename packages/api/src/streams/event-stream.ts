/**
 * One client's stream of a session's events.
 *
 * S1  A page of events is asked for only when the one before was taken by the socket: a slow reader waits, and is read
 *     to from the table, so what it costs does not grow.
 * S2  `disconnecting` travels alone: the documented TypeScript client drops the events of the chunk that brings it, and
 *     moves its cursor past them. So nothing may be in flight for a while before it.
 * S3  From the moment a stream is told to end, nothing is written that S2 would have to wait for again.
 */
import { followEvents, type EventRecord } from '@reprise/store'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { SessionFollowing } from '../operations/start-following.ts'
import type { Services } from '../services.ts'

export interface GoodbyeTimes {
  /** How long nothing may be in flight before `disconnecting`. */
  quiet_ms: number
  /** How long a reader may take for what is in flight, before the connection is cut instead. */
  patience_ms: number
}

export type DisconnectReason = 'connection_cycle' | 'shutting_down' | 'session_deleted'

/** After how long a client connects again. */
const retryMs = 100

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

export class EventStream {
  readonly openedAt = performance.now()
  writtenAt = this.openedAt
  readonly #response: ServerResponse
  readonly #times: GoodbyeTimes
  readonly #following = new AbortController()
  /** Writes that the socket has not taken yet. */
  #inFlight = 0
  #quiet: PromiseWithResolvers<void> | null = null
  #goodbye: Promise<void> | null = null

  constructor(response: ServerResponse, times: GoodbyeTimes) {
    this.#response = response
    this.#times = times
    // The client may have gone before its stream could begin.
    if (response.destroyed) this.#following.abort()
    response.on('close', () => {
      this.#following.abort()
      this.#tellQuiet()
    })
    // A write that meets a closed connection; `close` follows and is enough.
    response.on('error', () => {})
  }

  /** Streams until the client goes away or `disconnect` is called. */
  async run({ db, hub }: Services, following: SessionFollowing, headers: OutgoingHttpHeaders): Promise<void> {
    const { organization_id, session_id, after, tip, oldest_sequence, shows } = following
    const { signal } = this.#following
    this.#response.writeHead(200, { ...streamHeaders, ...headers })
    this.#write(`event: connected\nretry: ${retryMs}\ndata: ${JSON.stringify({ status: 'connected', ...(oldest_sequence !== null && { oldest_sequence }) })}\n\n`)
    try {
      for await (const page of followEvents(db, hub, { organization_id, session_id, after, tip, signal })) {
        // A page may still have been on its way here when the stream was told to end.
        if (signal.aborted) break
        const frames = page.filter(shows).map(writeFrame).join('')
        if (frames !== '') this.#write(frames)
        await this.#untilQuiet()
      }
      // Whoever comes back is told that there is no such session.
      if (!signal.aborted) void this.disconnect('session_deleted')
    } catch {
      // The events cannot be read now: the client comes back with its cursor, and loses nothing.
      this.#response.destroy()
    }
    await this.#goodbye
  }

  /** Ends the stream in the way that clients know as no failure. */
  disconnect(reason: DisconnectReason): Promise<void> {
    this.#goodbye ??= this.#sayGoodbye(reason)
    return this.#goodbye
  }

  beat(): void {
    // What is in flight shows as well that the connection lives, and a slow reader is not to be given more.
    if (!this.#goodbye && this.#inFlight === 0) this.#write(': heartbeat\n\n')
  }

  async #sayGoodbye(reason: DisconnectReason): Promise<void> {
    this.#following.abort()
    await Promise.race([this.#untilQuiet(), pause(this.#times.patience_ms, undefined, { ref: false })])
    // Who does not read would not read this either, and must not hold up a server that stops.
    if (this.#inFlight > 0) this.#response.destroy()
    await pause(this.#times.quiet_ms)
    if (this.#response.destroyed) return
    await new Promise<void>((resolve) => {
      this.#response.once('close', resolve)
      this.#response.end(`event: disconnecting\ndata: ${JSON.stringify({ reason, retry_ms: retryMs })}\n\n`, resolve)
    })
  }

  #write(text: string): void {
    this.writtenAt = performance.now()
    this.#inFlight++
    this.#response.write(text, this.#onWritten)
  }

  readonly #onWritten = (): void => {
    this.#inFlight--
    if (this.#inFlight === 0) this.#tellQuiet()
  }

  /** Resolves when the socket has taken everything, or is gone. */
  #untilQuiet(): Promise<void> | undefined {
    if (this.#inFlight === 0 || this.#response.destroyed) return undefined
    // Whoever waits already waits for the same moment.
    this.#quiet ??= Promise.withResolvers()
    return this.#quiet.promise
  }

  #tellQuiet(): void {
    this.#quiet?.resolve()
    this.#quiet = null
  }
}

function writeFrame({ type, id, json }: EventRecord): string {
  return `event: ${type}\nid: ${id}\nretry: ${retryMs}\ndata: ${json}\n\n`
}

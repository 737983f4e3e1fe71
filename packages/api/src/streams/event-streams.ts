import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { SessionFollowing } from '../operations/start-following.ts'
import type { Services } from '../services.ts'
import { EventStream, type GoodbyeTimes } from './event-stream.ts'

export interface StreamTimes extends GoodbyeTimes {
  /** A comment after so much silence, so that nothing between takes the connection for dead. */
  heartbeat_ms: number
  /** After this a stream ends and its client connects again, so that a new process gets its share of them. */
  lifetime_ms: number
}

const contractTimes: StreamTimes = { heartbeat_ms: 30_000, lifetime_ms: 300_000, quiet_ms: 60, patience_ms: 2_000 }

/** The open event streams of this process. One timer serves all of them: an idle stream has none of its own. */
export class EventStreams {
  readonly #services: Services
  readonly #times: StreamTimes
  readonly #streams = new Set<EventStream>()
  readonly #timer: NodeJS.Timeout

  constructor(services: Services, times: Partial<StreamTimes> = {}) {
    this.#services = services
    this.#times = { ...contractTimes, ...times }
    const { heartbeat_ms, lifetime_ms } = this.#times
    this.#timer = setInterval(() => this.#tick(), Math.min(1_000, heartbeat_ms, lifetime_ms))
    this.#timer.unref()
    services.stopping.addEventListener('abort', () => void this.stop(), { once: true })
  }

  get count(): number {
    return this.#streams.size
  }

  open(response: ServerResponse, following: SessionFollowing, headers: OutgoingHttpHeaders): void {
    const stream = new EventStream(response, this.#times)
    this.#streams.add(stream)
    void stream.run(this.#services, following, headers).finally(() => {
      this.#streams.delete(stream)
      following.close()
    })
    // A stream that was on its way in when the server began to stop has missed the call.
    if (this.#services.stopping.aborted) void stream.disconnect('shutting_down')
  }

  /** Says good-bye on every stream. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([...this.#streams].map((stream) => stream.disconnect('shutting_down')))
  }

  #tick(): void {
    const now = performance.now()
    const { heartbeat_ms, lifetime_ms } = this.#times
    for (const stream of this.#streams) {
      if (now - stream.openedAt >= lifetime_ms) void stream.disconnect('connection_cycle')
      else if (now - stream.writtenAt >= heartbeat_ms) stream.beat()
    }
  }
}

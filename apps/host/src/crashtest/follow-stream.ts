import { setTimeout as pause } from 'node:timers/promises'
import type { Event } from '@reprise/contract'
import { readEvents } from '../demo/read-events.ts'
import type { Processes } from './processes.ts'
import type { Random } from './random.ts'

/** Someone who watches a session, from whatever process is there, and comes back with a cursor when cut off. */
export interface StreamFollower {
  sessionId: string
  /** All that came, in the order in which it came. */
  readonly events: readonly Event[]
  readonly connections: number
  /** Refusals, which no reader with its own cursor should get. */
  readonly refusals: readonly string[]
  /** Closes the stream, and reads nothing until `resume`. What has come stays. */
  rest(): void
  /** Goes on where it stood, however long ago that was. */
  resume(): void
}

const reconnectMs = { min: 30, max: 150 }

export function followStream(processes: Processes, random: Random, sessionId: string, signal: AbortSignal): StreamFollower {
  const events: Event[] = []
  const refusals: string[] = []
  let connections = 0
  let following: AbortController | null = null

  async function follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { reachable } = processes
      // When the connection breaks, the cursor stands where it stood.
      if (reachable.length > 0) await readOnce(random.pick(reachable).address!, signal).catch(() => {})
      await pause(random.integer(reconnectMs.min, reconnectMs.max), undefined, { signal }).catch(() => {})
    }
  }

  async function readOnce(address: string, signal: AbortSignal): Promise<void> {
    const cursor = events.at(-1)?.id
    const response = await fetch(`${address}/v1/sessions/${sessionId}/sse`, { signal, headers: cursor ? { 'last-event-id': cursor } : {} })
    if (response.status !== 200) {
      const text = await response.text()
      // Its database may be away for the moment.
      if (response.status !== 503) refusals.push(`${response.status} ${text}`)
      return
    }
    connections += 1
    for await (const event of readEvents(response)) {
      if (signal.aborted) return
      events.push(event as Event) // a known event is an event
    }
  }

  const follower: StreamFollower = {
    sessionId,
    events,
    get connections() {
      return connections
    },
    refusals,
    rest() {
      following?.abort()
      following = null
    },
    resume() {
      if (following) return
      following = new AbortController()
      void follow(AbortSignal.any([signal, following.signal]))
    },
  }
  follower.resume()
  return follower
}

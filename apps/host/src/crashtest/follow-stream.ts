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
  /** Stops reading; what has come stays. */
  stop(): void
}

const reconnectMs = { min: 30, max: 150 }

export function followStream(processes: Processes, random: Random, sessionId: string, signal: AbortSignal): StreamFollower {
  const stopping = new AbortController()
  const either = AbortSignal.any([signal, stopping.signal])
  const events: Event[] = []
  const refusals: string[] = []
  let connections = 0

  async function follow(): Promise<void> {
    while (!either.aborted) {
      const { reachable } = processes
      if (reachable.length > 0) {
        await readOnce(random.pick(reachable).address!).catch(() => {}) // the connection broke: the cursor stands where it stood
      }
      await pause(random.integer(reconnectMs.min, reconnectMs.max), undefined, { signal: either }).catch(() => {})
    }
  }

  async function readOnce(address: string): Promise<void> {
    const cursor = events.at(-1)?.id
    const response = await fetch(`${address}/v1/sessions/${sessionId}/sse`, { signal: either, headers: cursor ? { 'last-event-id': cursor } : {} })
    if (response.status !== 200) {
      const text = await response.text()
      // Its database may be away for the moment.
      if (response.status !== 503) refusals.push(`${response.status} ${text}`)
      return
    }
    connections += 1
    for await (const event of readEvents(response)) events.push(event as Event) // a known event is an event
  }

  void follow()
  return {
    sessionId,
    events,
    get connections() {
      return connections
    },
    refusals,
    stop: () => stopping.abort(),
  }
}

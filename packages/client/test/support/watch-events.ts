import type { Event } from '@reprise/contract'
import { expect } from 'vitest'
import type { RepriseClient } from '../../src/index.ts'

export interface Watch {
  events: Event[]
  /** What ended the subscription; it ends by itself only by an error. */
  failure: Promise<unknown>
  /** Resolves when the session's last event has come, and fails unless each came once and in order. */
  expectAll(): Promise<void>
  stop(): void
}

/** A subscription, held against what the server has stored. */
export function watchEvents(client: RepriseClient, session_id: string): Watch {
  const events: Event[] = []
  let stop = () => {}
  const failure = new Promise((resolve) => {
    const subscription = client.events.subscribe.subscribe({ session_id }, { onData: ({ data }) => events.push(data), onError: resolve, onComplete: () => resolve('it completed') })
    stop = () => subscription.unsubscribe()
  })
  return {
    events,
    failure,
    async expectAll() {
      const stored = await client.events.list.query({ session_id, limit: 1000 })
      await expect.poll(() => events.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(stored.length)
      expect(events).toEqual(stored)
    },
    stop,
  }
}

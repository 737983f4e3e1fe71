import { followTurn, type SessionEvent } from '@reprise/client'
import { useEffect, useState } from 'react'
import { client } from '../server/client.ts'

/** The events of a turn, oldest first, as they come, until its end. */
export function useTurnEvents(session_id: string, turn_id: string): { events: readonly SessionEvent[]; error: unknown } {
  const [events, setEvents] = useState<readonly SessionEvent[]>([])
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    const ending = new AbortController()
    const { signal } = ending
    let arrived: SessionEvent[] = []
    let frame: number | null = null
    const follow = async () => {
      for await (const event of followTurn(client, { session_id, turn_id }, { signal })) {
        arrived.push(event)
        frame ??= requestAnimationFrame(() => {
          frame = null
          const added = arrived
          arrived = []
          setEvents((before) => [...before, ...added])
        })
      }
    }
    setEvents([])
    follow().catch((reason: unknown) => {
      if (!signal.aborted) setError(reason)
    })
    return () => ending.abort()
  }, [session_id, turn_id])
  return { events, error }
}

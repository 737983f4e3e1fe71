import { followTurn, type SessionEvent, type TurnAddress } from '@reprise/client'
import { useEffect, useState } from 'react'
import { client } from '../server/client.ts'

/** The events of a turn, oldest first, as they come, until its end. Another turn is for another component: give it a key. */
export function useTurnEvents(session_id: string, turn_id: string): { events: readonly SessionEvent[]; error: unknown } {
  const [events, setEvents] = useState<readonly SessionEvent[]>([])
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    const ending = new AbortController()
    const { signal } = ending
    readTurn({ session_id, turn_id }, signal, (added) => setEvents((before) => [...before, ...added])).catch((reason: unknown) => {
      if (!signal.aborted) setError(reason)
    })
    return () => ending.abort()
  }, [session_id, turn_id])
  return { events, error }
}

/** Tells what has come once for each frame that is drawn. */
async function readTurn(turn: TurnAddress, signal: AbortSignal, tell: (events: SessionEvent[]) => void): Promise<void> {
  let arrived: SessionEvent[] = []
  let frame: number | null = null
  for await (const event of followTurn(client, turn, { signal })) {
    arrived.push(event)
    frame ??= requestAnimationFrame(() => {
      frame = null
      const added = arrived
      arrived = []
      if (!signal.aborted) tell(added)
    })
  }
}

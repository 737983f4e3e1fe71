import { openStream, type EventStreamClient } from '../../../../packages/api/test/support/open-stream.ts'
import type { KnownEvent } from '../../src/demo/read-events.ts'
import { isConnectionFault } from './post-until-accepted.ts'

export interface SessionWatch {
  /** So far, over all connections. */
  events: KnownEvent[]
  /** How each connection that the server ended came to its end. */
  endings: ('disconnecting' | 'cut off')[]
  /** Settles once the signal is aborted; fails if the watch did. */
  done: Promise<void>
}

/** Follows a session from its first event on, as a client behind a balancer does: each connection goes on where the last one ended. */
export function watchSession(nextAddress: () => string, sessionId: string, signal: AbortSignal): SessionWatch {
  const events: KnownEvent[] = []
  const endings: SessionWatch['endings'] = []
  let stream: EventStreamClient | null = null
  signal.addEventListener('abort', () => stream?.close())

  async function readToEnd(opened: EventStreamClient): Promise<void> {
    let isTold = false
    for (let frame = await opened.next(); frame !== null; frame = await opened.next()) {
      isTold = frame.event === 'disconnecting'
      if (frame.id !== null) events.push(frame.data as unknown as KnownEvent) // the server's own contract
    }
    endings.push(isTold ? 'disconnecting' : 'cut off')
  }

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const lastId = events.at(-1)?.id
      stream = await openStream(`${nextAddress()}/v1/sessions/${sessionId}/sse`, lastId === undefined ? {} : { 'last-event-id': lastId }).catch(passOver)
      if (!stream) continue
      if (signal.aborted) stream.close()
      await readToEnd(stream).catch((error: unknown) => {
        if (signal.aborted) return
        if (!isConnectionFault(error)) throw error
        endings.push('cut off')
      })
    }
  }

  const done = watch()
  done.catch(() => {}) // whoever awaits it hears of it
  return { events, endings, done }
}

/** A server that is gone, or is going: another one is asked. */
function passOver(error: unknown): null {
  if (isConnectionFault(error) || (error instanceof Error && error.message.startsWith('503'))) return null
  throw error
}

import { readEvents, type KnownEvent } from '../../src/demo/read-events.ts'

/** The events of a session from its first on, up to the first that fits. */
export async function followUntil(address: string, sessionId: string, isLast: (event: KnownEvent) => boolean): Promise<KnownEvent[]> {
  const stream = await fetch(`${address}/v1/sessions/${sessionId}/sse`)
  const events: KnownEvent[] = []
  for await (const event of readEvents(stream)) {
    events.push(event)
    // Leaving the loop closes the connection.
    if (isLast(event)) return events
  }
  throw new Error(`the stream ended after ${events.map(({ type }) => type).join(', ')}`)
}

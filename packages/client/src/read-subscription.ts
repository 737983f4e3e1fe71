import type { RepriseClient } from './create-reprise-client.ts'
import type { SessionEvent } from './session-event.ts'

type SubscribeInput = Parameters<RepriseClient['events']['subscribe']['subscribe']>[0]

/** A session's events in order, each once, however often the connection breaks. Whoever stops reading unsubscribes. */
export async function* readSubscription(client: RepriseClient, input: SubscribeInput, signal?: AbortSignal): AsyncGenerator<SessionEvent, void, undefined> {
  signal?.throwIfAborted()
  const arrived: SessionEvent[] = []
  let ended: { error?: unknown } | null = null
  let wake = () => {}
  const end = (how: { error?: unknown }) => {
    ended ??= how
    wake()
  }
  const stop = () => end({ error: signal?.reason })
  const subscription = client.events.subscribe.subscribe(input, {
    onData({ data }) {
      arrived.push(data as SessionEvent) // the server emits what the contract says
      wake()
    },
    onError: (error) => end({ error }),
    onComplete: () => end({}),
  })
  signal?.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      signal?.throwIfAborted()
      const event = arrived.shift()
      if (event) yield event
      else if (!ended) await new Promise<void>((resolve) => (wake = resolve))
      else if ('error' in ended) throw (ended as { error: unknown }).error
      else return
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    subscription.unsubscribe()
  }
}

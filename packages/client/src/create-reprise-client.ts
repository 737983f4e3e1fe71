import type { AppRouter } from '@reprise/api'
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, type TRPCClient } from '@trpc/client'
import { EventSource } from 'eventsource'

export interface ClientOptions {
  /** Of the server, as `http://127.0.0.1:9000`. */
  url: string
  /** Needed where the server has one configured. */
  api_key?: string
}

export type RepriseClient = TRPCClient<AppRouter>

/** A typed client: `client.messages.create.mutate(…)`, `client.events.subscribe.subscribe(…)`. Subscriptions resume by themselves. */
export function createRepriseClient({ url, api_key }: ClientOptions): RepriseClient {
  const trpcUrl = `${url.replace(/\/+$/, '')}/trpc`
  const headers = api_key === undefined ? {} : { authorization: api_key }
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url: trpcUrl,
          // Node has no EventSource of its own, and a browser's cannot send a key.
          EventSource,
          eventSourceOptions: () => ({ fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }) }),
        }),
        false: httpLink({ url: trpcUrl, headers }),
      }),
    ],
  })
}

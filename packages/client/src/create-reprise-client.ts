import type { AppRouter } from '@reprise/api'
import { createTRPCClient, httpLink, httpSubscriptionLink, retryLink, splitLink, type TRPCClient } from '@trpc/client'
import { EventSource } from 'eventsource'
import { chooseDelayMs } from './choose-delay.ts'
import { createStreamFetch } from './create-stream-fetch.ts'
import { isPassing } from './reprise-error.ts'

export interface ClientOptions {
  /** Of the server, as `http://127.0.0.1:9000`. */
  url: string
  /** Needed where the server has one configured. */
  api_key?: string
  /** Sent with every call; a function is asked before each, so that what expires can be renewed. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>)
  /** In a browser: `include` sends the cookie of a login in place of a key. */
  credentials?: 'include' | 'same-origin' | 'omit'
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch
  /** After so long without a byte, not even a heartbeat (every 30 s), a subscription's connection is taken for dead. 75,000 unless said. */
  silence_ms_max?: number
}

export type RepriseClient = TRPCClient<AppRouter>

/** Who sends it can read answers of the server, so it is no page of somebody else's. */
const csrfHeader = { 'x-reprise-csrf': '1' }
const silenceMsMaxDefault = 75_000

/**
 * A typed client: `client.messages.create.mutate(…)`, `client.events.subscribe.subscribe(…)`. What a call throws, `readError` reads.
 *
 * A subscription goes on after the last event it saw, whatever becomes of network and server, and tells each event once;
 * it ends, by `onError`, only when the server refuses it (401, 403, 404 and the like), or by `unsubscribe`.
 */
export function createRepriseClient({ url, api_key, headers = {}, credentials, fetch: given, silence_ms_max = silenceMsMaxDefault }: ClientOptions): RepriseClient {
  const trpcUrl = `${url.replace(/\/+$/, '')}/trpc`
  const send: typeof globalThis.fetch = (input, init) => (given ?? globalThis.fetch)(input, { ...init, ...(credentials && { credentials }) })
  const makeHeaders = async () => ({ ...(api_key !== undefined && { authorization: api_key }), ...(typeof headers === 'function' ? await headers() : headers) })
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: [
          // What the stream's own reconnecting does not know as passing: a 429 in the middle, an answer that is no stream.
          retryLink({ retry: ({ error }) => isPassing(error), retryDelayMs: chooseDelayMs }),
          httpSubscriptionLink({
            url: trpcUrl,
            // Node has no EventSource of its own, and a browser's cannot send a key.
            EventSource,
            eventSourceOptions: () => ({ fetch: createStreamFetch({ send, makeHeaders, silenceMsMax: silence_ms_max }) }),
          }),
        ],
        false: httpLink({
          url: trpcUrl,
          fetch: (input, init) => send(input as string, init as RequestInit), // tRPC's own types say less than what it passes on
          headers: async ({ op }) => ({ ...(op.type === 'mutation' && credentials && csrfHeader), ...(await makeHeaders()) }),
        }),
      }),
    ],
  })
}

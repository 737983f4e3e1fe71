import type { Config } from '../config.ts'
import { localUrl } from '../listen.ts'
import { StartError } from '../start-error.ts'

export interface ServerClient {
  address: string
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  /** The response of a stream, whose events come as they happen. */
  follow(path: string): Promise<Response>
}

/** Talks to the server that these settings describe, as any client would. */
export function createServerClient({ host, port, apiKey }: Config): ServerClient {
  const address = localUrl(host, port)
  const authorization: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }

  async function call(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(address + path, init).catch((cause: unknown) => {
      throw new StartError(`No server answers at ${address}. Start one with "pnpm start" in another terminal, with the same PORT and HOST.`, { cause })
    })
    if (response.ok) return response
    const hint = response.status === 401 ? ' Set REPRISE_API_KEY to the key that the server was started with, or to one that "reprise keys create" has made.' : ''
    throw new StartError(`${address}${path} answered ${response.status}: ${await response.text()}${hint}`)
  }

  return {
    address,
    async get<T>(path: string) {
      return (await (await call(path, { headers: authorization })).json()) as T // the server's own contract
    },
    async post<T>(path: string, body: unknown) {
      const headers = { ...authorization, 'content-type': 'application/json' }
      const response = await call(path, { method: 'POST', headers, body: JSON.stringify(body) })
      return (await response.json()) as T // the server's own contract
    },
    follow: (path) => call(path, { headers: authorization }),
  }
}

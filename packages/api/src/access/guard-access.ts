import type { FastifyInstance } from 'fastify'
import type { Caller } from '../services.ts'
import type { AccessOptions } from './access-options.ts'
import { createAuthenticator } from './authenticate.ts'
import { checkHeaders } from './check-headers.ts'
import { checkHost } from './check-host.ts'
import { checkOrigin } from './check-origin.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body of any route that needs a caller is read. */
    caller: Caller
  }
}

/** Judges where a request comes from, for every route. Without a key, whoever reaches the port could drive the server. */
export function guardOrigin(server: FastifyInstance, { api_key, cors_origins }: AccessOptions): void {
  server.addHook('onRequest', async ({ raw, headers }) => {
    checkHeaders(raw)
    if (api_key !== null) return
    checkHost(headers.host)
    checkOrigin(headers, cors_origins)
  })
}

/** Judges who is calling, for the routes of this scope. */
export function guardCaller(server: FastifyInstance, { api_key }: AccessOptions): void {
  const authenticate = createAuthenticator(api_key)
  server.addHook('onRequest', async (request) => {
    request.caller = authenticate(request.headers)
  })
}

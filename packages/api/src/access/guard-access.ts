import { AppError } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../services.ts'
import type { AccessOptions } from './access-options.ts'
import { authenticate } from './authenticate.ts'
import { checkHeaders } from './check-headers.ts'
import { checkHost } from './check-host.ts'
import { checkOrigin } from './check-origin.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { chooseScope, requireScope } from './require-scope.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body of any route that needs a caller is read. */
    caller: Caller
  }
  interface FastifyContextConfig {
    /** A person may come here by a link from any site: the page is the same for everybody, and holds nobody's data. */
    isPage?: true
  }
}

/** Judges where a request comes from, for every route. While no key is asked for, whoever reaches the port could drive the server. */
export function guardOrigin(server: FastifyInstance, { cors_origins }: AccessOptions, { openness }: Doorkeeper): void {
  server.addHook('onRequest', async ({ raw, headers, routeOptions }) => {
    checkHeaders(raw)
    // Without the database it is not known whether the first key was made: what was known last is the stricter.
    if (!(await openness.isOpen().catch(() => openness.wasOpen))) return
    checkHost(headers.host)
    if (routeOptions.config.isPage && headers['sec-fetch-mode'] === 'navigate') return
    checkOrigin(headers, cors_origins)
  })
}

/** Judges who is calling and whether a key may do such a thing at all, for the routes of this scope. */
export function guardCaller(server: FastifyInstance, doorkeeper: Doorkeeper): void {
  server.addHook('onRequest', async (request, { raw: response }) => {
    const { caller, credential } = await authenticate(doorkeeper, request)
    const scope = chooseScope(request.method)
    requireScope(caller, scope)
    request.caller = caller
    // The key may have been looked up: nobody who comes later would hear that the caller has gone.
    if (response.destroyed) throw new AppError('body_incomplete', { message: 'The caller has disconnected' })
    if (credential) doorkeeper.answers.add(credential, scope, response)
  })
}

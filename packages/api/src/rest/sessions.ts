import { createSessionRequest, session } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { createSession } from '../operations/create-session.ts'
import { getSession, getSessionInput } from '../operations/get-session.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { readPathId } from './read-path-id.ts'

export function registerSessions(server: FastifyInstance, services: Services): void {
  const createDocs = { tags: ['Sessions'], summary: 'Create session', body: createSessionRequest, response: { 201: session, ...problems(400, 401, 413, 415) } }
  server.post('/sessions', { schema: createDocs }, async (request, reply) => {
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    // Everything about a session is optional, so no body is an empty one.
    const created = await createSession(services, request.caller, checkInput(createSessionRequest, body ?? {}))
    return reply.code(201).send(created)
  })

  server.get(
    '/sessions/:session_id',
    { schema: { tags: ['Sessions'], summary: 'Get session', params: getSessionInput, response: { 200: session, ...problems(400, 401, 404) } } },
    async (request) => getSession(services, request.caller, { session_id: readPathId(request, 'session_id') }),
  )
}

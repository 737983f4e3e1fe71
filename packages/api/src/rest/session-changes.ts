import { session, updateSessionRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { getSessionInput } from '../operations/get-session.ts'
import { pinSession, unpinSession } from '../operations/pin-session.ts'
import { updateSession } from '../operations/update-session.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { readPathId } from './read-path-id.ts'

export function registerSessionChanges(server: FastifyInstance, services: Services): void {
  const docs = { tags: ['Sessions'], params: getSessionInput }
  const updateDocs = { ...docs, summary: 'Update session', body: updateSessionRequest, response: { 200: session, ...problems(400, 401, 404, 413, 415, 503) } }
  server.patch('/sessions/:session_id', { schema: updateDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const body = checkInput(updateSessionRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await updateSession(services, request.caller, { ...body, session_id })
  })

  const pinDocs = { ...docs, response: { 204: z.null(), ...problems(400, 401, 404) } }
  server.put('/sessions/:session_id/pin', { schema: { ...pinDocs, summary: 'Pin session' } }, async (request, reply) => {
    await pinSession(services, request.caller, { session_id: readPathId(request, 'session_id') })
    return reply.code(204).send()
  })
  server.delete('/sessions/:session_id/pin', { schema: { ...pinDocs, summary: 'Unpin session' } }, async (request, reply) => {
    await unpinSession(services, request.caller, { session_id: readPathId(request, 'session_id') })
    return reply.code(204).send()
  })
}

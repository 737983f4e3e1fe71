import { cancelResponse, createSessionRequest, session, sessionStats, updateSessionRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { cancelSession, cancelSessionInput } from '../operations/cancel-session.ts'
import { createSession } from '../operations/create-session.ts'
import { deleteSession } from '../operations/delete-session.ts'
import { getSession, getSessionInput } from '../operations/get-session.ts'
import { getSessionStats } from '../operations/get-session-stats.ts'
import { listSessions, listSessionsInput } from '../operations/list-sessions.ts'
import { pinSession, unpinSession } from '../operations/pin-session.ts'
import { updateSession } from '../operations/update-session.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describePage } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'
import { sendPieces } from './send-pieces.ts'

const tags = ['Sessions']
const docsOfOne = { tags, params: getSessionInput }

export function registerSessions(server: FastifyInstance, services: Services): void {
  const createDocs = { tags, summary: 'Create session', body: createSessionRequest, response: { 201: session, ...problems(400, 401, 409, 413, 415) } }
  server.post('/sessions', { schema: createDocs }, async (request, reply) => {
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    // Everything about a session is optional, so no body is an empty one.
    const created = await createSession(services, request.caller, checkInput(createSessionRequest, body ?? {}))
    return reply.code(201).send(created)
  })

  const listDocs = {
    tags,
    summary: 'List sessions, the newest first',
    description: 'A page ends early, but never empty, where its sessions are megabytes long.',
    querystring: listSessionsInput,
    response: { 200: describePage(session, 'sessions'), ...problems(400, 401) },
  }
  server.get('/sessions', { schema: listDocs }, async (request, reply) => {
    const { data, total, offset, limit } = await listSessions(services, request.caller, checkInput(listSessionsInput, readQuery(request.query, listSessionsInput)))
    // Written once, for both names.
    const sessions = JSON.stringify(data)
    return sendPieces(reply, [`{"data":${sessions},"total":${total},"offset":${offset},"limit":${limit},"sessions":${sessions}}`])
  })

  const statsDocs = { tags, summary: 'Count sessions by status', response: { 200: sessionStats, ...problems(401) } }
  server.get('/sessions/stats', { schema: statsDocs }, async (request) => getSessionStats(services, request.caller))

  server.get(
    '/sessions/:session_id',
    { schema: { ...docsOfOne, summary: 'Get session', response: { 200: session, ...problems(400, 401, 404) } } },
    async (request) => getSession(services, request.caller, { session_id: readPathId(request, 'session_id') }),
  )

  const updateDocs = { ...docsOfOne, summary: 'Update session', body: updateSessionRequest, response: { 200: session, ...problems(400, 401, 404, 413, 415, 503) } }
  server.patch('/sessions/:session_id', { schema: updateDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const body = checkInput(updateSessionRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await updateSession(services, request.caller, { ...body, session_id })
  })

  const deleteDocs = {
    ...docsOfOne,
    summary: 'Delete session',
    description: 'Gone at once, with everything in it: what runs ends, streams end. Erased within a minute.',
    response: { 204: z.null(), ...problems(400, 401, 403, 404, 503) },
  }
  server.delete('/sessions/:session_id', { schema: deleteDocs }, async (request, reply) => {
    await deleteSession(services, request.caller, { session_id: readPathId(request, 'session_id') })
    return reply.code(204).send()
  })

  const pinDocs = { ...docsOfOne, response: { 204: z.null(), ...problems(400, 401, 404) } }
  server.put('/sessions/:session_id/pin', { schema: { ...pinDocs, summary: 'Pin session' } }, async (request, reply) => {
    await pinSession(services, request.caller, { session_id: readPathId(request, 'session_id') })
    return reply.code(204).send()
  })
  server.delete('/sessions/:session_id/pin', { schema: { ...pinDocs, summary: 'Unpin session' } }, async (request, reply) => {
    await unpinSession(services, request.caller, { session_id: readPathId(request, 'session_id') })
    return reply.code(204).send()
  })

  const cancelDocs = {
    ...docsOfOne,
    summary: 'Cancel the running turn and those that wait',
    querystring: cancelSessionInput.omit({ session_id: true }),
    response: { 200: cancelResponse, ...problems(400, 401, 404) },
  }
  server.post('/sessions/:session_id/cancel', { schema: cancelDocs }, async (request) => {
    const session_id = readPathId(request, 'session_id')
    return await cancelSession(services, request.caller, checkInput(cancelSessionInput, { ...readQuery(request.query, cancelSessionInput), session_id }))
  })
}

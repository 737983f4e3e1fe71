import { session, sessionStats } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { getSessionStats } from '../operations/get-session-stats.ts'
import { listSessions, listSessionsInput } from '../operations/list-sessions.ts'
import type { Services } from '../services.ts'
import { readQuery } from './read-query.ts'
import { sendPieces } from './send-pieces.ts'

const queryShape = { integers: ['offset', 'limit'], booleans: ['pinned'], lists: ['tags'] }

export function registerSessionList(server: FastifyInstance, services: Services): void {
  const list = z.object({
    data: z.array(session).describe('A page ends early, but never empty, where its sessions are megabytes long'),
    total: z.int(),
    offset: z.int(),
    limit: z.int(),
    sessions: z.array(session).describe('The same array'),
  })
  const listDocs = { tags: ['Sessions'], summary: 'List sessions, the newest first', querystring: listSessionsInput, response: { 200: list, ...problems(400, 401) } }
  server.get('/sessions', { schema: listDocs }, async (request, reply) => {
    const input = checkInput(listSessionsInput, readQuery(request.query, queryShape))
    const { data, total, offset, limit } = await listSessions(services, request.caller, input)
    // Written once, for both names.
    const sessions = JSON.stringify(data)
    return sendPieces(reply, [`{"data":${sessions},"total":${total},"offset":${offset},"limit":${limit},"sessions":${sessions}}`])
  })

  const statsDocs = { tags: ['Sessions'], summary: 'Count sessions by status', response: { 200: sessionStats, ...problems(401) } }
  server.get('/sessions/stats', { schema: statsDocs }, async (request) => getSessionStats(services, request.caller))
}

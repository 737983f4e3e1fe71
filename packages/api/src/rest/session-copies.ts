import { forkSessionRequest, session } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { referTo } from '../docs/refer-to.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { exportSession } from '../operations/export-session.ts'
import { forkSession } from '../operations/fork-session.ts'
import { getSessionInput } from '../operations/get-session.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { readPathId } from './read-path-id.ts'

const forkDocs = {
  tags: ['Sessions'],
  summary: 'Fork session',
  description:
    'A new session with the settings and the messages of this one, up to a sequence. Messages keep their sequences; events are not copied. ' +
    'A turn that was under way then is cut: its messages up to there are copied, and each of its open calls has the error `not part of this fork`.',
  params: getSessionInput,
  body: forkSessionRequest,
  response: { 201: session, ...problems(400, 401, 404, 413, 415, 503) },
}

const exportDocs = {
  tags: ['Sessions'],
  summary: 'Export session',
  description:
    'One line of JSON each: the session, then its messages, oldest first, up to when it was asked for, then the end. ' +
    'Every line has a `type`. Without the last line the export is not whole: the session was deleted meanwhile.',
  params: getSessionInput,
  response: { 200: { description: 'Lines, each an ExportLine', content: { 'application/x-ndjson': { schema: z.string().meta({ 'x-item-schema': referTo('ExportLine') }) } } }, ...problems(400, 401, 404) },
}

export function registerSessionCopies(server: FastifyInstance, services: Services): void {
  server.post('/sessions/:session_id/fork', { schema: forkDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    const fork = await forkSession(services, request.caller, { ...checkInput(forkSessionRequest, body ?? {}), session_id })
    return reply.code(201).send(fork)
  })

  server.get('/sessions/:session_id/export', { schema: exportDocs, exposeHeadRoute: false }, async (request, reply) => {
    const lines = await exportSession(services, request.caller, { session_id: readPathId(request, 'session_id') })
    return reply.type('application/x-ndjson').send(Readable.from(lines, { objectMode: false, highWaterMark: 1 }))
  })
}

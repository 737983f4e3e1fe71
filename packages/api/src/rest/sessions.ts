import { cancelResponse, createSessionRequest, session, toolApprovalsRequest, toolApprovalsResponse, toolResultsRequest, toolResultsResponse } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { cancelSession, cancelSessionInput } from '../operations/cancel-session.ts'
import { createSession } from '../operations/create-session.ts'
import { deleteSession } from '../operations/delete-session.ts'
import { getSession, getSessionInput } from '../operations/get-session.ts'
import { submitToolApprovals } from '../operations/submit-tool-approvals.ts'
import { submitToolResults } from '../operations/submit-tool-results.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'

export function registerSessions(server: FastifyInstance, services: Services): void {
  const createDocs = { tags: ['Sessions'], summary: 'Create session', body: createSessionRequest, response: { 201: session, ...problems(400, 401, 409, 413, 415) } }
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

  const deleteDocs = {
    tags: ['Sessions'],
    summary: 'Delete session',
    description: 'Gone at once, with everything in it: what runs ends, streams end. Erased within a minute.',
    params: getSessionInput,
    response: { 204: z.null(), ...problems(400, 401, 403, 404, 503) },
  }
  server.delete('/sessions/:session_id', { schema: deleteDocs }, async (request, reply) => {
    await deleteSession(services, request.caller, { session_id: readPathId(request, 'session_id') })
    return reply.code(204).send()
  })

  const cancelDocs = {
    tags: ['Sessions'],
    summary: 'Cancel the running turn and those that wait',
    params: getSessionInput,
    querystring: cancelSessionInput.omit({ session_id: true }),
    response: { 200: cancelResponse, ...problems(400, 401, 404) },
  }
  server.post('/sessions/:session_id/cancel', { schema: cancelDocs }, async (request) => {
    const session_id = readPathId(request, 'session_id')
    return await cancelSession(services, request.caller, checkInput(cancelSessionInput, { ...readQuery(request.query, {}), session_id }))
  })

  const toolResultsDocs = {
    tags: ['Sessions'],
    summary: 'Answer client-side tool calls',
    description:
      'All results are stored, or none. The turn goes on when every call has its result. The same result may be sent again at any time. ' +
      'While no results are awaited the answer is 409, in words that clients retry on.',
    params: getSessionInput,
    body: toolResultsRequest,
    response: { 200: toolResultsResponse, ...problems(400, 401, 404, 409, 413, 415, 503) },
  }
  server.post('/sessions/:session_id/tool-results', { schema: toolResultsDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return await submitToolResults(services, request.caller, { ...checkInput(toolResultsRequest, body), session_id })
  })

  const toolApprovalsDocs = {
    tags: ['Sessions'],
    summary: 'Approve or deny tool calls',
    description:
      'All decisions are stored, or none. The turn goes on when no call is awaited any more: approved calls run then, denied ones have an error result with the reason. ' +
      'The same decision may be sent again at any time.',
    params: getSessionInput,
    body: toolApprovalsRequest,
    response: { 200: toolApprovalsResponse, ...problems(400, 401, 404, 409, 413, 415, 503) },
  }
  server.post('/sessions/:session_id/tool-approvals', { schema: toolApprovalsDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return await submitToolApprovals(services, request.caller, { ...checkInput(toolApprovalsRequest, body), session_id })
  })
}

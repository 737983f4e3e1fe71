import { toolApprovalsRequest, toolApprovalsResponse, toolResultsRequest, toolResultsResponse } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { getSessionInput } from '../operations/get-session.ts'
import { getToolResult, getToolResultInput, type WholeToolResult } from '../operations/get-tool-result.ts'
import { submitToolApprovals } from '../operations/submit-tool-approvals.ts'
import { submitToolResults } from '../operations/submit-tool-results.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'

const tags = ['Sessions']
const docsOfOne = { tags, params: getSessionInput }

/** What callers answer to tool calls, and what tools have answered. */
export function registerToolResults(server: FastifyInstance, services: Services): void {
  const toolResultsDocs = {
    ...docsOfOne,
    summary: 'Answer client-side tool calls',
    description:
      'All results are stored, or none. The turn goes on when every call has its result. The same result may be sent again at any time. ' +
      'While no results are awaited the answer is 409, in words that clients retry on.',
    body: toolResultsRequest,
    response: { 200: toolResultsResponse, ...problems(400, 401, 404, 409, 413, 415, 503) },
  }
  server.post('/sessions/:session_id/tool-results', { schema: toolResultsDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return await submitToolResults(services, request.caller, { ...checkInput(toolResultsRequest, body), session_id })
  })

  const toolApprovalsDocs = {
    ...docsOfOne,
    summary: 'Approve or deny tool calls',
    description:
      'All decisions are stored, or none. The turn goes on when no call is awaited any more: approved calls run then, denied ones have an error result with the reason. ' +
      'The same decision may be sent again at any time.',
    body: toolApprovalsRequest,
    response: { 200: toolApprovalsResponse, ...problems(400, 401, 404, 409, 413, 415, 503) },
  }
  server.post('/sessions/:session_id/tool-approvals', { schema: toolApprovalsDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return await submitToolApprovals(services, request.caller, { ...checkInput(toolApprovalsRequest, body), session_id })
  })

  const getDocs = {
    tags,
    summary: "Get all of a tool's result",
    description: "A result that is too long for its message stands there with its beginning. This is the whole, as JSON. An image in it is {\"type\":\"image\",\"image\":1}: the first of the message's `images`.",
    params: getToolResultInput.pick({ session_id: true, tool_call_id: true }),
    querystring: getToolResultInput.pick({ turn_id: true }),
    response: { 200: z.unknown().describe('Whatever the tool returned'), ...problems(400, 401, 404) },
  }
  server.get('/sessions/:session_id/tool-results/:tool_call_id', { schema: getDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const { tool_call_id } = request.params as { tool_call_id: string } // as fastify parses every path
    const found = await getToolResult(services, request.caller, checkInput(getToolResultInput, { ...readQuery(request.query, getToolResultInput), session_id, tool_call_id }))
    reply
      .type('application/json; charset=utf-8')
      .header('content-length', found.size_bytes)
      // It is a tool's, and no page of ours.
      .header('x-content-type-options', 'nosniff')
      .header('content-security-policy', "default-src 'none'; sandbox")
    return reply.send(Readable.from(readSlices(found), { objectMode: false, highWaterMark: 1 }))
  })
}

/** One at a time, each when the one before was taken. */
async function* readSlices({ slices, readSlice }: WholeToolResult): AsyncGenerator<Buffer> {
  for (let slice = 0; slice < slices; slice++) yield await readSlice(slice)
}

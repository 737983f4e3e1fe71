import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { getToolResult, getToolResultInput, type WholeToolResult } from '../operations/get-tool-result.ts'
import type { Services } from '../services.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'

export function registerToolResults(server: FastifyInstance, services: Services): void {
  const docs = {
    tags: ['Sessions'],
    summary: "Get all of a tool's result",
    description: "A result that is too long for its message stands there with its beginning. This is the whole, as JSON. An image in it is {\"type\":\"image\",\"image\":1}: the first of the message's `images`.",
    params: getToolResultInput.pick({ session_id: true, tool_call_id: true }),
    querystring: getToolResultInput.pick({ turn_id: true }),
    response: { 200: z.unknown().describe('Whatever the tool returned'), ...problems(400, 401, 404) },
  }
  server.get('/sessions/:session_id/tool-results/:tool_call_id', { schema: docs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const { tool_call_id } = request.params as { tool_call_id: string } // as fastify parses every path
    const found = await getToolResult(services, request.caller, checkInput(getToolResultInput, { ...readQuery(request.query, {}), session_id, tool_call_id }))
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

import { agent, agentStats, copyAgentRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { readTextBody, registerTextBodies } from '../bodies/read-text-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { copyAgent } from '../operations/copy-agent.ts'
import { exportAgent } from '../operations/export-agent.ts'
import { getAgentInput } from '../operations/get-agent.ts'
import { getAgentStats } from '../operations/get-agent-stats.ts'
import { importAgent } from '../operations/import-agent.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { readAgentId } from './agents.ts'

const docsOfOne = { tags: ['Agents'], params: getAgentInput }
const markdown = z.string().describe('Markdown with YAML front matter')

export function registerAgentCopies(server: FastifyInstance, services: Services): void {
  const importDocs = {
    tags: ['Agents'],
    summary: 'Import agent from Markdown',
    description: 'Markdown with YAML front matter creates the agent, or replaces the one of its name. A bare prompt creates one that is named after its first heading.',
    consumes: ['text/plain', 'text/markdown'],
    body: markdown,
    response: { 201: agent, ...problems(400, 401, 409, 413, 415, 503) },
  }
  server.register(async (scope) => {
    registerTextBodies(scope)
    scope.post('/agents/import', { schema: importDocs }, async (request, reply) => {
      return reply.code(201).send(await importAgent(services, request.caller, { document: await readTextBody(request) }))
    })
  })

  const exported = { description: 'The agent, for import', content: { 'text/markdown': { schema: markdown } } }
  server.get('/agents/:agent_id/export', { schema: { ...docsOfOne, summary: 'Export agent as Markdown', response: { 200: exported, ...problems(400, 401, 404) } } }, async (request, reply) => {
    const { name, document } = await exportAgent(services, request.caller, readAgentId(request))
    return reply
      .type('text/markdown; charset=utf-8')
      .header('content-disposition', `attachment; filename="${name}.md"`)
      .header('x-content-type-options', 'nosniff')
      .send(document)
  })

  const copyDocs = { ...docsOfOne, summary: 'Copy agent', body: copyAgentRequest, response: { 201: agent, ...problems(400, 401, 404, 409, 413, 415, 503) } }
  server.post('/agents/:agent_id/copy', { schema: copyDocs }, async (request, reply) => {
    const id = readAgentId(request)
    const body = checkInput(copyAgentRequest, (await readJsonBody(services, request, abortOnDisconnect(reply))) ?? {})
    return reply.code(201).send(await copyAgent(services, request.caller, { ...body, ...id }))
  })

  server.get('/agents/:agent_id/stats', { schema: { ...docsOfOne, summary: 'Count the sessions and turns of an agent', response: { 200: agentStats, ...problems(400, 401, 404) } } }, async (request) =>
    getAgentStats(services, request.caller, readAgentId(request)),
  )
}

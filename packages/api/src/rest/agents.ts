import { agent, createAgentRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { createAgent } from '../operations/create-agent.ts'
import { getAgent, getAgentInput } from '../operations/get-agent.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'

export function registerAgents(server: FastifyInstance, services: Services): void {
  const createDocs = {
    tags: ['Agents'],
    summary: 'Create agent, or replace it by id or name',
    body: createAgentRequest,
    response: { 201: agent, ...problems(400, 401, 409, 413, 415) },
  }
  server.post('/agents', { schema: createDocs }, async (request, reply) => {
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return reply.code(201).send(await createAgent(services, request.caller, checkInput(createAgentRequest, body)))
  })

  server.get(
    '/agents/:agent_id',
    { schema: { tags: ['Agents'], summary: 'Get agent by id or name', params: getAgentInput, response: { 200: agent, ...problems(400, 401, 404) } } },
    async (request) => getAgent(services, request.caller, request.params as { agent_id: string }), // as fastify parses every path
  )
}

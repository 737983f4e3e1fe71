import { agent, createAgentRequest, updateAgentRequest } from '@reprise/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { createAgent } from '../operations/create-agent.ts'
import { deleteAgent } from '../operations/delete-agent.ts'
import { checkAgentId, getAgent, getAgentInput } from '../operations/get-agent.ts'
import { listAgents, listAgentsInput } from '../operations/list-agents.ts'
import { replaceAgent } from '../operations/replace-agent.ts'
import { updateAgent } from '../operations/update-agent.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describePage } from './describe-list.ts'
import { readQuery } from './read-query.ts'

const docs = { tags: ['Agents'] }
const docsOfOne = { ...docs, params: getAgentInput }

/** An agent's id or name. Judged by its form before a body is read. */
export function readAgentId({ params }: FastifyRequest): { agent_id: string } {
  const { agent_id } = params as { agent_id: string } // as fastify parses every path
  checkAgentId(agent_id)
  return { agent_id }
}

export function registerAgents(server: FastifyInstance, services: Services): void {
  server.get('/agents', { schema: { ...docs, summary: 'List agents, the newest first', querystring: listAgentsInput, response: { 200: describePage(agent, 'agents'), ...problems(400, 401) } } }, async (request) => {
    const found = await listAgents(services, request.caller, checkInput(listAgentsInput, readQuery(request.query, listAgentsInput)))
    return { ...found, agents: found.data }
  })

  const createDocs = {
    ...docs,
    summary: 'Create agent, or replace it by id or name',
    body: createAgentRequest,
    response: { 201: agent, ...problems(400, 401, 409, 413, 415) },
  }
  server.post('/agents', { schema: createDocs }, async (request, reply) => {
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return reply.code(201).send(await createAgent(services, request.caller, checkInput(createAgentRequest, body)))
  })

  server.get('/agents/:agent_id', { schema: { ...docsOfOne, summary: 'Get agent by id or name', response: { 200: agent, ...problems(400, 401, 404) } } }, async (request) =>
    getAgent(services, request.caller, readAgentId(request)),
  )

  const changeProblems = problems(400, 401, 404, 409, 413, 415, 503)
  const replaceDocs = { ...docsOfOne, summary: 'Replace agent, whole', body: createAgentRequest, response: { 200: agent, ...changeProblems } }
  server.put('/agents/:agent_id', { schema: replaceDocs }, async (request, reply) => {
    const id = readAgentId(request)
    const body = checkInput(createAgentRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await replaceAgent(services, request.caller, { ...body, ...id })
  })

  const updateDocs = { ...docsOfOne, summary: 'Update agent', body: updateAgentRequest, response: { 200: agent, ...changeProblems } }
  server.patch('/agents/:agent_id', { schema: updateDocs }, async (request, reply) => {
    const id = readAgentId(request)
    const body = checkInput(updateAgentRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await updateAgent(services, request.caller, { ...body, ...id })
  })

  const deleteDocs = { ...docsOfOne, summary: 'Archive agent', description: 'It begins no new session; those it has go on.', response: { 204: z.null(), ...problems(400, 401, 404) } }
  server.delete('/agents/:agent_id', { schema: deleteDocs }, async (request, reply) => {
    await deleteAgent(services, request.caller, readAgentId(request))
    return reply.code(204).send()
  })
}

import { capability } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { getCapability, getCapabilityInput } from '../operations/get-capability.ts'
import { listCapabilities, listCapabilitiesInput } from '../operations/list-capabilities.ts'
import type { Services } from '../services.ts'
import { describePage } from './describe-list.ts'
import { readQuery } from './read-query.ts'

const docs = { tags: ['Capabilities'] }

export function registerCapabilities(server: FastifyInstance, services: Services): void {
  const listDocs = { ...docs, summary: 'List capabilities', querystring: listCapabilitiesInput, response: { 200: describePage(capability, 'capabilities'), ...problems(400, 401) } }
  server.get('/capabilities', { schema: listDocs }, async (request) => {
    const found = await listCapabilities(services, checkInput(listCapabilitiesInput, readQuery(request.query, listCapabilitiesInput)))
    return { ...found, capabilities: found.data }
  })

  server.get(
    '/capabilities/:capability_id',
    { schema: { ...docs, summary: 'Get capability', params: getCapabilityInput, response: { 200: capability, ...problems(400, 401, 404) } } },
    async (request) => getCapability(services, checkInput(getCapabilityInput, request.params)),
  )
}

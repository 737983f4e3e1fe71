import { capability } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { getCapability, getCapabilityInput } from '../operations/get-capability.ts'
import { listCapabilities, listCapabilitiesInput } from '../operations/list-capabilities.ts'
import type { Services } from '../services.ts'
import { readQuery } from './read-query.ts'

const docs = { tags: ['Capabilities'] }

export function registerCapabilities(server: FastifyInstance, services: Services): void {
  const list = z.object({ data: z.array(capability), total: z.int(), offset: z.int(), limit: z.int(), capabilities: z.array(capability).describe('The same array as data') })
  const listDocs = { ...docs, summary: 'List capabilities', querystring: listCapabilitiesInput, response: { 200: list, ...problems(400, 401) } }
  server.get('/capabilities', { schema: listDocs }, async (request) => {
    const input = checkInput(listCapabilitiesInput, readQuery(request.query, { integers: ['offset', 'limit'] }))
    const { data, total } = await listCapabilities(services, input)
    return { data, total, offset: input.offset, limit: input.limit, capabilities: data }
  })

  server.get(
    '/capabilities/:capability_id',
    { schema: { ...docs, summary: 'Get capability', params: getCapabilityInput, response: { 200: capability, ...problems(400, 401, 404) } } },
    async (request) => getCapability(services, checkInput(getCapabilityInput, request.params)),
  )
}

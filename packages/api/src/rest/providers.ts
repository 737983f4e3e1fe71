import { createModelRequest, createProviderRequest, model, provider, updateProviderRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { createModel } from '../operations/create-model.ts'
import { createProvider } from '../operations/create-provider.ts'
import { deleteProvider } from '../operations/delete-provider.ts'
import { getProvider, getProviderInput } from '../operations/get-provider.ts'
import { listModels } from '../operations/list-models.ts'
import { listProviders } from '../operations/list-providers.ts'
import { pageInput } from '../operations/page.ts'
import { updateProvider } from '../operations/update-provider.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describeList, describePage } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'

const docs = { tags: ['Providers'] }
const docsOfOne = { ...docs, params: getProviderInput }
const forAdmins = { description: 'Needs the scope admin.' }

export function registerProviders(server: FastifyInstance, services: Services): void {
  server.get('/providers', { schema: { ...docs, summary: 'List providers', querystring: pageInput, response: { 200: describePage(provider, 'providers'), ...problems(400, 401) } } }, async (request) => {
    const found = await listProviders(services, request.caller, checkInput(pageInput, readQuery(request.query, pageInput)))
    return { ...found, providers: found.data }
  })

  const createDocs = { ...docs, ...forAdmins, summary: 'Create provider', body: createProviderRequest, response: { 201: provider, ...problems(400, 401, 403, 409, 413, 415) } }
  server.post('/providers', { schema: createDocs }, async (request, reply) => {
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return reply.code(201).send(await createProvider(services, request.caller, checkInput(createProviderRequest, body)))
  })

  server.get(
    '/providers/:provider_id',
    { schema: { ...docsOfOne, summary: 'Get provider', response: { 200: provider, ...problems(400, 401, 404) } } },
    async (request) => getProvider(services, request.caller, { provider_id: readPathId(request, 'provider_id') }),
  )

  const updateDocs = { ...docsOfOne, ...forAdmins, summary: 'Update provider', body: updateProviderRequest, response: { 200: provider, ...problems(400, 401, 403, 404, 409, 413, 415) } }
  server.patch('/providers/:provider_id', { schema: updateDocs }, async (request, reply) => {
    const provider_id = readPathId(request, 'provider_id')
    const body = checkInput(updateProviderRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await updateProvider(services, request.caller, { ...body, provider_id })
  })

  const deleteDocs = { ...docsOfOne, ...forAdmins, summary: 'Delete provider, and its key', response: { 204: z.null(), ...problems(400, 401, 403, 404, 409) } }
  server.delete('/providers/:provider_id', { schema: deleteDocs }, async (request, reply) => {
    await deleteProvider(services, request.caller, { provider_id: readPathId(request, 'provider_id') })
    return reply.code(204).send()
  })

  registerModelsOfProvider(server, services)
}

function registerModelsOfProvider(server: FastifyInstance, services: Services): void {
  server.get(
    '/providers/:provider_id/models',
    { schema: { ...docsOfOne, summary: 'List the models of a provider', response: { 200: describeList(model, 'models'), ...problems(400, 401, 404) } } },
    async (request) => {
      const models = await listModels(services, request.caller, { provider_id: readPathId(request, 'provider_id') })
      return { data: models, models }
    },
  )

  const createDocs = { ...docsOfOne, ...forAdmins, summary: 'Add a model to a provider', body: createModelRequest, response: { 201: model, ...problems(400, 401, 403, 404, 413, 415) } }
  server.post('/providers/:provider_id/models', { schema: createDocs }, async (request, reply) => {
    const provider_id = readPathId(request, 'provider_id')
    const body = checkInput(createModelRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return reply.code(201).send(await createModel(services, request.caller, { ...body, provider_id }))
  })
}

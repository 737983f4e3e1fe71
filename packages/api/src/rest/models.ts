import { model, modelTry, tryModelRequest, updateModelRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { deleteModel } from '../operations/delete-model.ts'
import { getModel, getModelInput } from '../operations/get-model.ts'
import { listModels } from '../operations/list-models.ts'
import { tryModel } from '../operations/try-model.ts'
import { updateModel } from '../operations/update-model.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describeList } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'

export function registerModels(server: FastifyInstance, services: Services): void {
  server.get('/models', { schema: { tags: ['Models'], summary: 'List models', response: { 200: describeList(model, 'models'), ...problems(401) } } }, async (request) => {
    const models = await listModels(services, request.caller)
    return { data: models, models }
  })

  server.get(
    '/models/:model_id',
    { schema: { tags: ['Models'], summary: 'Get model', params: getModelInput, response: { 200: model, ...problems(400, 401, 404) } } },
    async (request) => getModel(services, request.caller, { model_id: readPathId(request, 'model_id') }),
  )

  const docs = { tags: ['Models'], description: 'Needs the scope admin.', params: getModelInput }
  const updateDocs = { ...docs, summary: 'Update model', body: updateModelRequest, response: { 200: model, ...problems(400, 401, 403, 404, 409, 413, 415) } }
  server.patch('/models/:model_id', { schema: updateDocs }, async (request, reply) => {
    const model_id = readPathId(request, 'model_id')
    const body = checkInput(updateModelRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await updateModel(services, request.caller, { ...body, model_id })
  })

  const tryDocs = {
    ...docs,
    summary: 'Ask a model once, to see whether it answers',
    description: 'Needs the scope admin. One attempt, without tools, within 30 s. What the provider refuses is answered with 200 too: it is what was asked for.',
    body: tryModelRequest,
    response: { 200: modelTry, ...problems(400, 401, 403, 404, 413, 415) },
  }
  server.post('/models/:model_id/try', { schema: tryDocs }, async (request, reply) => {
    const model_id = readPathId(request, 'model_id')
    const signal = abortOnDisconnect(reply)
    const body = checkInput(tryModelRequest, (await readJsonBody(services, request, signal)) ?? {})
    return await tryModel(services, request.caller, { ...body, model_id }, signal)
  })

  const deleteDocs = { ...docs, summary: 'Delete model', response: { 204: z.null(), ...problems(400, 401, 403, 404, 409) } }
  server.delete('/models/:model_id', { schema: deleteDocs }, async (request, reply) => {
    await deleteModel(services, request.caller, { model_id: readPathId(request, 'model_id') })
    return reply.code(204).send()
  })
}

import { model } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { problems } from '../docs/problem.ts'
import { getModel, getModelInput } from '../operations/get-model.ts'
import { listModels } from '../operations/list-models.ts'
import type { Services } from '../services.ts'
import { readPathId } from './read-path-id.ts'

export function registerModels(server: FastifyInstance, services: Services): void {
  const list = z.object({ data: z.array(model), models: z.array(model).describe('The same array') })
  server.get('/models', { schema: { tags: ['Models'], summary: 'List models', response: { 200: list, ...problems(401) } } }, async (request) => {
    const models = await listModels(services, request.caller)
    return { data: models, models }
  })

  server.get(
    '/models/:model_id',
    { schema: { tags: ['Models'], summary: 'Get model', params: getModelInput, response: { 200: model, ...problems(400, 401, 404) } } },
    async (request) => getModel(services, request.caller, { model_id: readPathId(request, 'model_id') }),
  )
}

import { keyWithSecret, createKeyRequest, key, updateKeyRequest } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { createKey } from '../operations/create-key.ts'
import { getKey, getKeyInput } from '../operations/get-key.ts'
import { listKeys } from '../operations/list-keys.ts'
import { pageInput } from '../operations/page.ts'
import { revokeKey } from '../operations/revoke-key.ts'
import { updateKey } from '../operations/update-key.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describePage } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'

const docs = { tags: ['Keys'], description: 'Needs the scope admin.' }
const docsOfOne = { ...docs, params: getKeyInput }

export function registerKeys(server: FastifyInstance, services: Services): void {
  const listDocs = { ...docs, summary: 'List keys, the newest first and revoked ones too', querystring: pageInput, response: { 200: describePage(key), ...problems(400, 401, 403) } }
  server.get('/keys', { schema: listDocs }, async (request) => listKeys(services, request.caller, checkInput(pageInput, readQuery(request.query, pageInput))))

  const createDocs = {
    ...docs,
    summary: 'Create key',
    description: 'Answers with the secret, this once. Needs the scope admin. From the first key on, every request to this server needs one.',
    body: createKeyRequest,
    response: { 201: keyWithSecret, ...problems(400, 401, 403, 413, 415) },
  }
  server.post('/keys', { schema: createDocs }, async (request, reply) => {
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    const created = await createKey(services, request.caller, checkInput(createKeyRequest, body))
    return reply.code(201).header('cache-control', 'no-store').send(created)
  })

  server.get(
    '/keys/:key_id',
    { schema: { ...docsOfOne, summary: 'Get key', response: { 200: key, ...problems(400, 401, 403, 404) } } },
    async (request) => getKey(services, request.caller, { key_id: readPathId(request, 'key_id') }),
  )

  const updateDocs = { ...docsOfOne, summary: 'Update key', body: updateKeyRequest, response: { 200: key, ...problems(400, 401, 403, 404, 409, 413, 415) } }
  server.patch('/keys/:key_id', { schema: updateDocs }, async (request, reply) => {
    const key_id = readPathId(request, 'key_id')
    const body = checkInput(updateKeyRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await updateKey(services, request.caller, { ...body, key_id })
  })

  const revokeDocs = { ...docsOfOne, summary: 'Revoke key', description: 'It opens nothing any more, within 5 s everywhere. Needs the scope admin.', response: { 204: z.null(), ...problems(400, 401, 403, 404) } }
  server.delete('/keys/:key_id', { schema: revokeDocs }, async (request, reply) => {
    await revokeKey(services, request.caller, { key_id: readPathId(request, 'key_id') })
    return reply.code(204).send()
  })
}

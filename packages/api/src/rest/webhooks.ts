import { createWebhookRequest, updateWebhookRequest, webhook, webhookDelivery, webhookTestResult, webhookWithSecret } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { createWebhook } from '../operations/create-webhook.ts'
import { deleteWebhook } from '../operations/delete-webhook.ts'
import { getWebhook, getWebhookInput } from '../operations/get-webhook.ts'
import { listDeliveries, listDeliveriesInput } from '../operations/list-deliveries.ts'
import { listWebhooks } from '../operations/list-webhooks.ts'
import { pageInput } from '../operations/page.ts'
import { redeliver, redeliverInput } from '../operations/redeliver.ts'
import { rotateWebhookSecret } from '../operations/rotate-webhook-secret.ts'
import { testWebhook } from '../operations/test-webhook.ts'
import { updateWebhook } from '../operations/update-webhook.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describePage } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'

const docs = { tags: ['Webhooks'], description: 'Needs the scope admin.' }
const docsOfOne = { ...docs, params: getWebhookInput }

export function registerWebhooks(server: FastifyInstance, services: Services): void {
  server.get('/webhooks', { schema: { ...docs, summary: 'List webhooks', querystring: pageInput, response: { 200: describePage(webhook), ...problems(400, 401, 403) } } }, async (request) =>
    listWebhooks(services, request.caller, checkInput(pageInput, readQuery(request.query, pageInput))),
  )

  const createDocs = {
    ...docs,
    summary: 'Create webhook',
    description: 'Needs the scope admin. The answer is the only one that shows the secret.',
    body: createWebhookRequest,
    response: { 201: webhookWithSecret, ...problems(400, 401, 403, 409, 413, 415) },
  }
  server.post('/webhooks', { schema: createDocs }, async (request, reply) => {
    const body = await readJsonBody(services, request, abortOnDisconnect(reply))
    return reply.code(201).send(await createWebhook(services, request.caller, checkInput(createWebhookRequest, body)))
  })

  server.get('/webhooks/:webhook_id', { schema: { ...docsOfOne, summary: 'Get webhook', response: { 200: webhook, ...problems(400, 401, 403, 404) } } }, async (request) =>
    getWebhook(services, request.caller, { webhook_id: readPathId(request, 'webhook_id') }),
  )

  const updateDocs = { ...docsOfOne, summary: 'Update webhook', body: updateWebhookRequest, response: { 200: webhook, ...problems(400, 401, 403, 404, 413, 415) } }
  server.patch('/webhooks/:webhook_id', { schema: updateDocs }, async (request, reply) => {
    const webhook_id = readPathId(request, 'webhook_id')
    const body = checkInput(updateWebhookRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    return await updateWebhook(services, request.caller, { ...body, webhook_id })
  })

  const deleteDocs = { ...docsOfOne, summary: 'Delete webhook', response: { 204: z.null(), ...problems(400, 401, 403, 404) } }
  server.delete('/webhooks/:webhook_id', { schema: deleteDocs }, async (request, reply) => {
    await deleteWebhook(services, request.caller, { webhook_id: readPathId(request, 'webhook_id') })
    return reply.code(204).send()
  })

  registerSecretsAndTests(server, services)
  registerDeliveries(server, services)
}

function registerSecretsAndTests(server: FastifyInstance, services: Services): void {
  const rotateDocs = {
    ...docsOfOne,
    summary: 'Rotate the secret of a webhook',
    description: 'Needs the scope admin. The answer is the only one that shows the new secret. For a day, the one before signs too.',
    response: { 200: webhookWithSecret, ...problems(400, 401, 403, 404, 409, 503) },
  }
  server.post('/webhooks/:webhook_id/rotate-secret', { schema: rotateDocs }, async (request) =>
    rotateWebhookSecret(services, request.caller, { webhook_id: readPathId(request, 'webhook_id') }),
  )

  const testDocs = {
    ...docsOfOne,
    summary: 'Post a test to a webhook',
    description: 'Needs the scope admin. Posts `{"type":"webhook.test"}` once, and answers what came of it.',
    response: { 200: webhookTestResult, ...problems(400, 401, 403, 404, 409) },
  }
  server.post('/webhooks/:webhook_id/test', { schema: testDocs }, async (request) => testWebhook(services, request.caller, { webhook_id: readPathId(request, 'webhook_id') }))
}

function registerDeliveries(server: FastifyInstance, services: Services): void {
  const listDocs = {
    ...docsOfOne,
    summary: 'List the deliveries of a webhook',
    description: 'Needs the scope admin. The newest first; they are kept for 30 days.',
    querystring: listDeliveriesInput.omit({ webhook_id: true }),
    response: { 200: describePage(webhookDelivery), ...problems(400, 401, 403, 404) },
  }
  server.get('/webhooks/:webhook_id/deliveries', { schema: listDocs }, async (request) => {
    const webhook_id = readPathId(request, 'webhook_id')
    return await listDeliveries(services, request.caller, checkInput(listDeliveriesInput, { ...readQuery(request.query, listDeliveriesInput), webhook_id }))
  })

  const redeliverDocs = {
    ...docs,
    summary: 'Deliver an event once more',
    params: redeliverInput,
    response: { 200: webhookDelivery, ...problems(400, 401, 403, 404, 409) },
  }
  server.post('/webhooks/:webhook_id/deliveries/:delivery_id/redeliver', { schema: redeliverDocs }, async (request) =>
    redeliver(services, request.caller, { webhook_id: readPathId(request, 'webhook_id'), delivery_id: readPathId(request, 'delivery_id') }),
  )
}

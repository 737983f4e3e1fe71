import { cancelResponse, deadLetter, durableHealth, event, modelRequest, throughput, worker, workflow } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { cancelWorkflow } from '../operations/cancel-workflow.ts'
import { drainWorker, drainWorkerInput } from '../operations/drain-worker.ts'
import { getDurableHealth } from '../operations/get-durable-health.ts'
import { getModelRequest, getModelRequestInput } from '../operations/get-model-request.ts'
import { getThroughput, getThroughputInput } from '../operations/get-throughput.ts'
import { getWorkflow, getWorkflowInput } from '../operations/get-workflow.ts'
import { listDeadLetters } from '../operations/list-dead-letters.ts'
import { listWorkers } from '../operations/list-workers.ts'
import { listWorkflowEvents, listWorkflowEventsInput } from '../operations/list-workflow-events.ts'
import { listWorkflows, listWorkflowsInput } from '../operations/list-workflows.ts'
import { pageInput } from '../operations/page.ts'
import { retryDeadLetter, retryDeadLetterInput } from '../operations/retry-dead-letter.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describeCounted, describePage } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'
import { sendPieces } from './send-pieces.ts'

const tags = ['Durable operations']
const forAdmins = { tags, description: "Needs the operator's admin scope." }

/** What operators see and do. A workflow is a turn, and has its id. */
export function registerDurable(server: FastifyInstance, services: Services): void {
  registerWorkers(server, services)
  registerWorkflows(server, services)
  registerDeadLetters(server, services)
}

function registerWorkers(server: FastifyInstance, services: Services): void {
  const healthDocs = { ...forAdmins, summary: 'Get the server in numbers', response: { 200: durableHealth, ...problems(401, 403) } }
  server.get('/durable/health', { schema: healthDocs }, async (request) => getDurableHealth(services, request.caller))

  const listDocs = { ...forAdmins, summary: 'List workers', response: { 200: describeCounted(worker), ...problems(401, 403) } }
  server.get('/durable/workers', { schema: listDocs }, async (request) => listWorkers(services, request.caller))

  const drainDocs = {
    ...forAdmins,
    summary: 'Let a worker take no more turns',
    params: drainWorkerInput,
    response: { 200: worker, ...problems(400, 401, 403, 404) },
  }
  server.post('/durable/workers/:worker_id/drain', { schema: drainDocs }, async (request) => {
    return drainWorker(services, request.caller, { worker_id: readPathId(request, 'worker_id') })
  })
}

function registerWorkflows(server: FastifyInstance, services: Services): void {
  const throughputDocs = { tags, summary: 'Get how many turns ended lately, and how long they took', querystring: getThroughputInput, response: { 200: throughput, ...problems(400, 401) } }
  server.get('/durable/throughput', { schema: throughputDocs }, async (request) => {
    return getThroughput(services, request.caller, checkInput(getThroughputInput, readQuery(request.query, getThroughputInput)))
  })

  const listDocs = {
    tags,
    summary: 'List workflows, the newest first',
    querystring: listWorkflowsInput,
    response: { 200: describePage(workflow), ...problems(400, 401) },
  }
  server.get('/durable/workflows', { schema: listDocs }, async (request) => {
    return listWorkflows(services, request.caller, checkInput(listWorkflowsInput, readQuery(request.query, listWorkflowsInput)))
  })

  const docs = { tags, params: getWorkflowInput }
  server.get(
    '/durable/workflows/:workflow_id',
    { schema: { ...docs, summary: 'Get workflow', response: { 200: workflow, ...problems(400, 401, 404) } } },
    async (request) => getWorkflow(services, request.caller, { workflow_id: readPathId(request, 'workflow_id') }),
  )

  const eventsDocs = {
    ...docs,
    summary: 'List the events of a workflow',
    querystring: listWorkflowEventsInput.omit({ workflow_id: true }),
    response: { 200: describeCounted(event), ...problems(400, 401, 404) },
  }
  server.get('/durable/workflows/:workflow_id/events', { schema: eventsDocs }, async (request, reply) => {
    const workflow_id = readPathId(request, 'workflow_id')
    const query = readQuery(request.query, listWorkflowEventsInput)
    const { data, total } = await listWorkflowEvents(services, request.caller, checkInput(listWorkflowEventsInput, { ...query, workflow_id }))
    return sendPieces(reply, [`{"data":[${data.map(({ json }) => json).join(',')}],"total":${total}}`])
  })

  const requestDocs = { tags, summary: 'Get what went to the model in one call of a workflow', params: getModelRequestInput, response: { 200: modelRequest, ...problems(400, 401, 404) } }
  server.get('/durable/workflows/:workflow_id/requests/:event_id', { schema: requestDocs }, async (request, reply) => {
    const address = { workflow_id: readPathId(request, 'workflow_id'), event_id: readPathId(request, 'event_id') }
    return getModelRequest(services, request.caller, address, abortOnDisconnect(reply))
  })

  server.post(
    '/durable/workflows/:workflow_id/cancel',
    { schema: { ...docs, summary: 'Cancel workflow', response: { 200: cancelResponse, ...problems(400, 401, 404) } } },
    async (request) => cancelWorkflow(services, request.caller, { workflow_id: readPathId(request, 'workflow_id') }),
  )
}

function registerDeadLetters(server: FastifyInstance, services: Services): void {
  const listDocs = {
    tags,
    summary: 'List the turns that failed for good, the latest first',
    querystring: pageInput,
    response: { 200: describePage(deadLetter), ...problems(400, 401) },
  }
  server.get('/durable/dlq', { schema: listDocs }, async (request) => {
    return listDeadLetters(services, request.caller, checkInput(pageInput, readQuery(request.query, pageInput)))
  })

  const retryDocs = {
    tags,
    summary: 'Answer the message of a failed turn again',
    description: 'Answers with the new turn: the same one however often it is asked for.',
    params: retryDeadLetterInput,
    response: { 200: workflow, ...problems(400, 401, 404, 409, 429) },
  }
  server.post('/durable/dlq/:dead_letter_id/retry', { schema: retryDocs }, async (request) => {
    return retryDeadLetter(services, request.caller, { dead_letter_id: readPathId(request, 'dead_letter_id') })
  })
}

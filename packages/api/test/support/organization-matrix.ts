/**
 * What every route and every procedure does with ids. Each has a line, and the test fails until a new one has: `noIds`,
 * or the ways to call it with ids, by which it is shown that another organization's id gets what one that is not there gets.
 */
import { chosen, found, named, noIds, type Probe } from './probe-organizations.ts'
import { textMessage } from './requests.ts'
import type { Ids } from './resources.ts'

/** What a request has beside its path. */
export interface RestInput {
  /** Ids of the path, by the names that the route gives them. */
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
}

const ofSession = (input: RestInput = {}) => found<RestInput>((id) => ({ ...input, params: { session_id: id.session } }))
const ofAgent = (input: RestInput = {}) => found<RestInput>((id) => ({ ...input, params: { agent_id: id.agent } }))
const ofProvider = (input: RestInput = {}) => found<RestInput>((id) => ({ ...input, params: { provider_id: id.provider } }))
const ofModel = (input: RestInput = {}) => found<RestInput>((id) => ({ ...input, params: { model_id: id.model } }))
const ofImage = found<RestInput>((id) => ({ params: { image_id: id.image } }))
const ofKey = (input: RestInput = {}) => found<RestInput>((id) => ({ ...input, params: { key_id: id.key } }))
const ofWebhook = (input: RestInput = {}) => found<RestInput>((id) => ({ ...input, params: { webhook_id: id.webhook } }))
const ofSchedule = (input: RestInput = {}) => found<RestInput>((id) => ({ ...input, params: { schedule_id: id.schedule } }))
const ofWorkflow = found<RestInput>((id) => ({ params: { workflow_id: id.turn } }))

const text = textMessage('Hello')
const withImage = (image_id: string) => ({ message: { content: [{ type: 'image_file', image_id }] } })
const answers = { tool_results: [{ tool_call_id: 'call_1', result: 1 }] }
const approvals = { approvals: [{ tool_call_id: 'call_1', decision: 'approve' }] }
const agent = { name: 'fresh', system_prompt: 'Help.' }
const inOwn = (own: Ids) => ({ session_id: own.session })
const scheduled = { ...text, cron: '0 0 1 1 *' }

export const restMatrix: Record<string, readonly Probe<RestInput>[]> = {
  'POST /v1/sessions': [named((id) => ({ body: { agent_id: id.agent } })), named((id) => ({ body: { model_id: id.model } }))],
  'GET /v1/sessions': [chosen((id) => ({ query: { agent_id: id.agent } }))],
  'GET /v1/sessions/stats': noIds,
  'GET /v1/sessions/:session_id': [ofSession()],
  'PATCH /v1/sessions/:session_id': [ofSession({ body: { title: 'Mine' } }), named((id, own) => ({ params: inOwn(own), body: { model_id: id.model } }))],
  'DELETE /v1/sessions/:session_id': [ofSession()],
  'PUT /v1/sessions/:session_id/pin': [ofSession()],
  'DELETE /v1/sessions/:session_id/pin': [ofSession()],
  'POST /v1/sessions/:session_id/fork': [ofSession()],
  'GET /v1/sessions/:session_id/export': [ofSession()],
  'POST /v1/sessions/:session_id/cancel': [ofSession()],
  'POST /v1/sessions/:session_id/tool-results': [ofSession({ body: answers })],
  'POST /v1/sessions/:session_id/tool-approvals': [ofSession({ body: approvals })],
  'POST /v1/sessions/:session_id/messages': [
    ofSession({ body: text }),
    named((id, own) => ({ params: inOwn(own), body: { ...text, controls: { model_id: id.model } } })),
    named((id, own) => ({ params: inOwn(own), body: withImage(id.image) })),
  ],
  'GET /v1/sessions/:session_id/messages': [ofSession()],
  'GET /v1/sessions/:session_id/tool-results/:tool_call_id': [
    found((id) => ({ params: { session_id: id.session, tool_call_id: 'call_1' } })),
    found((id, own) => ({ params: { ...inOwn(own), tool_call_id: 'call_1' }, query: { turn_id: id.turn } })),
  ],
  'GET /v1/sessions/:session_id/events': [
    ofSession(),
    named((id, own) => ({ params: inOwn(own), query: { since_id: id.event } })),
    named((id, own) => ({ params: inOwn(own), query: { around: id.event } })),
    chosen((id, own) => ({ params: inOwn(own), query: { turn_id: id.turn } })),
  ],
  'GET /v1/sessions/:session_id/sse': [ofSession(), named((id, own) => ({ params: inOwn(own), query: { since_id: id.event } }))],

  // An id that is not there is created: see the test of agents' ids.
  'POST /v1/agents': [named((id) => ({ body: { ...agent, default_model_id: id.model } })), named((id) => ({ body: { ...agent, model: id.model } }))],
  'GET /v1/agents': noIds,
  'GET /v1/agents/:agent_id': [ofAgent()],
  'PUT /v1/agents/:agent_id': [ofAgent({ body: agent }), named((id, own) => ({ params: { agent_id: own.agent }, body: { ...agent, default_model_id: id.model } })), named((id, own) => ({ params: { agent_id: own.agent }, body: { ...agent, model: id.model } }))],
  'PATCH /v1/agents/:agent_id': [ofAgent({ body: { description: 'Mine' } }), named((id, own) => ({ params: { agent_id: own.agent }, body: { default_model_id: id.model } })), named((id, own) => ({ params: { agent_id: own.agent }, body: { model: id.model } }))],
  'DELETE /v1/agents/:agent_id': [ofAgent()],
  'POST /v1/agents/:agent_id/copy': [ofAgent()],
  'GET /v1/agents/:agent_id/export': [ofAgent()],
  'GET /v1/agents/:agent_id/stats': [ofAgent()],
  // The ids of a document stand in its front matter, and are judged as those of POST /v1/agents.
  'POST /v1/agents/import': noIds,

  'GET /v1/models': noIds,
  'GET /v1/models/:model_id': [ofModel()],
  'PATCH /v1/models/:model_id': [ofModel({ body: { display_name: 'Mine' } }), ofModel({ body: { is_default: true } })],
  'POST /v1/models/:model_id/try': [ofModel({ body: {} })],
  'DELETE /v1/models/:model_id': [ofModel()],
  'GET /v1/providers': noIds,
  'POST /v1/providers': noIds,
  'GET /v1/providers/:provider_id': [ofProvider()],
  'PATCH /v1/providers/:provider_id': [ofProvider({ body: { name: 'Mine' } })],
  'DELETE /v1/providers/:provider_id': [ofProvider()],
  'GET /v1/providers/:provider_id/models': [ofProvider()],
  'POST /v1/providers/:provider_id/models': [ofProvider({ body: { model: 'mine' } })],

  // Capabilities are the server's.
  'GET /v1/capabilities': noIds,
  'GET /v1/capabilities/:capability_id': noIds,
  'GET /v1/mcp-servers': noIds,

  'POST /v1/images': noIds,
  'GET /v1/images': [named((id) => ({ query: { before: id.image } }))],
  'DELETE /v1/images/:image_id': [ofImage],
  'GET /v1/images/:image_id': [ofImage],
  'GET /v1/images/:image_id/thumbnail': [ofImage],

  // Workers are the operator's.
  'GET /v1/durable/health': noIds,
  'GET /v1/durable/throughput': noIds,
  'GET /v1/durable/workers': noIds,
  'POST /v1/durable/workers/:worker_id/drain': noIds,
  'GET /v1/durable/workflows': noIds,
  'GET /v1/durable/workflows/:workflow_id': [ofWorkflow],
  'GET /v1/durable/workflows/:workflow_id/events': [ofWorkflow],
  'GET /v1/durable/workflows/:workflow_id/requests/:event_id': [found((id) => ({ params: { workflow_id: id.turn, event_id: id.event } })), found((id, own) => ({ params: { workflow_id: own.turn, event_id: id.event } }))],
  'POST /v1/durable/workflows/:workflow_id/cancel': [ofWorkflow],
  'GET /v1/durable/dlq': noIds,
  'POST /v1/durable/dlq/:dead_letter_id/retry': [found((id) => ({ params: { dead_letter_id: id.turn } }))],

  'GET /v1/keys': noIds,
  'POST /v1/keys': noIds,
  'GET /v1/keys/:key_id': [ofKey()],
  'PATCH /v1/keys/:key_id': [ofKey({ body: { name: 'Mine' } })],
  'DELETE /v1/keys/:key_id': [ofKey()],
  'GET /v1/organization': noIds,
  'PATCH /v1/organization': [named((id) => ({ body: { default_model_id: id.model } }))],

  'GET /v1/webhooks': noIds,
  'POST /v1/webhooks': noIds,
  'GET /v1/webhooks/:webhook_id': [ofWebhook()],
  'PATCH /v1/webhooks/:webhook_id': [ofWebhook({ body: { enabled: false } })],
  'DELETE /v1/webhooks/:webhook_id': [ofWebhook()],
  'POST /v1/webhooks/:webhook_id/rotate-secret': [ofWebhook()],
  'POST /v1/webhooks/:webhook_id/test': [ofWebhook()],
  'GET /v1/webhooks/:webhook_id/deliveries': [ofWebhook()],
  'POST /v1/webhooks/:webhook_id/deliveries/:delivery_id/redeliver': [
    found((id, own) => ({ params: { webhook_id: id.webhook, delivery_id: own.delivery } })),
    found((id, own) => ({ params: { webhook_id: own.webhook, delivery_id: id.delivery } })),
  ],

  'GET /v1/schedules': [chosen((id) => ({ query: { session_id: id.session } }))],
  'POST /v1/schedules': [
    found((id) => ({ body: { ...scheduled, session_id: id.session } })),
    named((id, own) => ({ body: { ...scheduled, ...inOwn(own), controls: { model_id: id.model } } })),
    named((id, own) => ({ body: { ...scheduled, ...inOwn(own), ...withImage(id.image) } })),
  ],
  'GET /v1/schedules/:schedule_id': [ofSchedule()],
  'PATCH /v1/schedules/:schedule_id': [
    ofSchedule({ body: { name: 'Mine' } }),
    named((id, own) => ({ params: { schedule_id: own.schedule }, body: { controls: { model_id: id.model } } })),
    named((id, own) => ({ params: { schedule_id: own.schedule }, body: withImage(id.image) })),
  ],
  'DELETE /v1/schedules/:schedule_id': [ofSchedule()],

  'GET /v1/login': noIds,
  'POST /v1/login': noIds,
  'DELETE /v1/login': noIds,
}

/** Ids that a route takes and that no probe of it can try; each has a test of its own. */
export const triedElsewhere: Record<string, readonly string[]> = {
  'POST /v1/agents': ['agent'],
  // No event of any organization has one.
  'GET /v1/sessions/:session_id/events': ['exec'],
}

export const trpcMatrix: Record<string, readonly Probe<object>[]> = {
  'sessions.create': [named((id) => ({ agent_id: id.agent })), named((id) => ({ model_id: id.model }))],
  'sessions.list': [chosen((id) => ({ agent_id: id.agent }))],
  'sessions.stats': noIds,
  'sessions.update': [found((id) => ({ session_id: id.session, title: 'Mine' })), named((id, own) => ({ ...inOwn(own), model_id: id.model }))],
  'sessions.delete': [found((id) => ({ session_id: id.session }))],
  'sessions.pin': [found((id) => ({ session_id: id.session }))],
  'sessions.unpin': [found((id) => ({ session_id: id.session }))],
  'sessions.fork': [found((id) => ({ session_id: id.session }))],
  'sessions.get': [found((id) => ({ session_id: id.session }))],
  'sessions.cancel': [found((id) => ({ session_id: id.session }))],
  'sessions.submitToolResults': [found((id) => ({ session_id: id.session, ...answers }))],
  'sessions.submitToolApprovals': [found((id) => ({ session_id: id.session, ...approvals }))],
  'messages.create': [
    found((id) => ({ session_id: id.session, ...text })),
    named((id, own) => ({ ...inOwn(own), ...text, controls: { model_id: id.model } })),
    named((id, own) => ({ ...inOwn(own), ...withImage(id.image) })),
  ],
  'messages.list': [found((id) => ({ session_id: id.session }))],
  'messages.toolResult': [found((id) => ({ session_id: id.session, tool_call_id: 'call_1' })), found((id, own) => ({ ...inOwn(own), tool_call_id: 'call_1', turn_id: id.turn }))],
  'events.list': [
    found((id) => ({ session_id: id.session })),
    named((id, own) => ({ ...inOwn(own), since_id: id.event })),
    named((id, own) => ({ ...inOwn(own), around: id.event })),
    chosen((id, own) => ({ ...inOwn(own), turn_id: id.turn })),
  ],
  'events.subscribe': [found((id) => ({ session_id: id.session })), named((id, own) => ({ ...inOwn(own), lastEventId: id.event }))],
  'agents.create': [named((id) => ({ ...agent, default_model_id: id.model })), named((id) => ({ ...agent, model: id.model }))],
  'agents.list': noIds,
  'agents.get': [found((id) => ({ agent_id: id.agent }))],
  'agents.replace': [found((id) => ({ ...agent, agent_id: id.agent })), named((id, own) => ({ ...agent, agent_id: own.agent, default_model_id: id.model })), named((id, own) => ({ ...agent, agent_id: own.agent, model: id.model }))],
  'agents.update': [found((id) => ({ agent_id: id.agent, description: 'Mine' })), named((id, own) => ({ agent_id: own.agent, default_model_id: id.model })), named((id, own) => ({ agent_id: own.agent, model: id.model }))],
  'agents.delete': [found((id) => ({ agent_id: id.agent }))],
  'agents.import': noIds,
  'agents.export': [found((id) => ({ agent_id: id.agent }))],
  'agents.copy': [found((id) => ({ agent_id: id.agent }))],
  'agents.stats': [found((id) => ({ agent_id: id.agent }))],
  'models.list': [found((id) => ({ provider_id: id.provider }))],
  'models.get': [found((id) => ({ model_id: id.model }))],
  'models.create': [found((id) => ({ provider_id: id.provider, model: 'mine' }))],
  'models.update': [found((id) => ({ model_id: id.model, display_name: 'Mine' }))],
  'models.try': [found((id) => ({ model_id: id.model }))],
  'models.delete': [found((id) => ({ model_id: id.model }))],
  'providers.list': noIds,
  'providers.get': [found((id) => ({ provider_id: id.provider }))],
  'providers.create': noIds,
  'providers.update': [found((id) => ({ provider_id: id.provider, name: 'Mine' }))],
  'providers.delete': [found((id) => ({ provider_id: id.provider }))],
  'capabilities.list': noIds,
  'capabilities.get': noIds,
  'mcpServers.list': noIds,
  'images.list': [named((id) => ({ before: id.image }))],
  'images.upload': noIds,
  'images.delete': [found((id) => ({ image_id: id.image }))],
  'durable.health': noIds,
  'durable.throughput': noIds,
  'durable.workers.list': noIds,
  'durable.workers.drain': noIds,
  'durable.workflows.list': noIds,
  'durable.workflows.get': [found((id) => ({ workflow_id: id.turn }))],
  'durable.workflows.events': [found((id) => ({ workflow_id: id.turn }))],
  'durable.workflows.request': [found((id) => ({ workflow_id: id.turn, event_id: id.event })), found((id, own) => ({ workflow_id: own.turn, event_id: id.event }))],
  'durable.workflows.cancel': [found((id) => ({ workflow_id: id.turn }))],
  'durable.dlq.list': noIds,
  'durable.dlq.retry': [found((id) => ({ dead_letter_id: id.turn }))],
  'organization.get': noIds,
  'organization.update': [named((id) => ({ default_model_id: id.model }))],
  'webhooks.list': noIds,
  'webhooks.get': [found((id) => ({ webhook_id: id.webhook }))],
  'webhooks.create': noIds,
  'webhooks.update': [found((id) => ({ webhook_id: id.webhook, enabled: false }))],
  'webhooks.delete': [found((id) => ({ webhook_id: id.webhook }))],
  'webhooks.rotateSecret': [found((id) => ({ webhook_id: id.webhook }))],
  'webhooks.test': [found((id) => ({ webhook_id: id.webhook }))],
  'webhooks.deliveries': [found((id) => ({ webhook_id: id.webhook }))],
  'webhooks.redeliver': [found((id, own) => ({ webhook_id: id.webhook, delivery_id: own.delivery })), found((id, own) => ({ webhook_id: own.webhook, delivery_id: id.delivery }))],
  'schedules.list': [chosen((id) => ({ session_id: id.session }))],
  'schedules.create': [
    found((id) => ({ ...scheduled, session_id: id.session })),
    named((id, own) => ({ ...scheduled, ...inOwn(own), controls: { model_id: id.model } })),
    named((id, own) => ({ ...scheduled, ...inOwn(own), ...withImage(id.image) })),
  ],
  'schedules.get': [found((id) => ({ schedule_id: id.schedule }))],
  'schedules.update': [
    found((id) => ({ schedule_id: id.schedule, name: 'Mine' })),
    named((id, own) => ({ schedule_id: own.schedule, controls: { model_id: id.model } })),
    named((id, own) => ({ schedule_id: own.schedule, ...withImage(id.image) })),
  ],
  'schedules.delete': [found((id) => ({ schedule_id: id.schedule }))],
  'keys.list': noIds,
  'keys.get': [found((id) => ({ key_id: id.key }))],
  'keys.create': noIds,
  'keys.update': [found((id) => ({ key_id: id.key, name: 'Mine' }))],
  'keys.revoke': [found((id) => ({ key_id: id.key }))],
}

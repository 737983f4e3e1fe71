import { event } from '@reprise/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { problems } from '../docs/problem.ts'
import { referTo } from '../docs/refer-to.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { startFollowing, startFollowingInput } from '../operations/start-following.ts'
import { getSessionInput } from '../operations/get-session.ts'
import { listEvents } from '../operations/list-events.ts'
import { listEventsInput, listEventsShape } from '../operations/list-events-input.ts'
import type { Services } from '../services.ts'
import type { EventStreams } from '../streams/event-streams.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describeList } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'
import { sendPieces } from './send-pieces.ts'

export function registerEvents(server: FastifyInstance, services: Services, streams: EventStreams): void {
  const listDocs = {
    tags: ['Events'],
    summary: 'List events',
    params: getSessionInput,
    querystring: z.object(listEventsShape),
    response: { 200: describeList(event, 'events'), ...problems(400, 401, 404) },
  }
  server.get('/sessions/:session_id/events', { schema: listDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const query = readQuery(request.query, listEventsInput)
    const events = await listEvents(services, request.caller, checkInput(listEventsInput, { ...query, session_id }), abortOnDisconnect(reply))
    const array = `[${events.map(({ json }) => json).join(',')}]`
    return sendPieces(reply, [`{"data":${array},"events":${array}}`])
  })

  const streamDocs = {
    tags: ['Events'],
    summary: 'Stream events (SSE)',
    description:
      'Every stored event after the cursor, then live. The cursor is the id of any event: `Last-Event-ID`, or `since_id`; ' +
      'without one the stream begins with the first event.',
    params: getSessionInput,
    querystring: startFollowingInput.omit({ session_id: true, last_event_id: true }),
    headers: z.object({ 'last-event-id': z.string().optional() }),
    response: {
      200: { description: 'Server-sent events, each with an Event as its data', content: { 'text/event-stream': { schema: z.string().meta({ 'x-item-schema': referTo('Event') }) } } },
      ...problems(400, 401, 404, 429),
    },
  }
  server.get('/sessions/:session_id/sse', { schema: streamDocs, exposeHeadRoute: false }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const query = readQuery(request.query, startFollowingInput)
    // An empty header is what an EventSource sends that has seen no event yet.
    const last_event_id = request.headers['last-event-id'] || undefined
    const input = checkInput(startFollowingInput, { ...query, session_id, last_event_id })
    const following = await startFollowing(services, request.caller, input)
    reply.hijack()
    streams.open(reply.raw, following, { 'x-request-id': request.id, ...pickHeaders(reply) })
  })
}

/** Headers that hooks have set for this answer; a hijacked reply does not send them by itself. */
function pickHeaders(reply: FastifyReply): Record<string, string> {
  const picked = Object.entries(reply.getHeaders()).filter(([name]) => name.startsWith('access-control-') || name.startsWith('ratelimit') || name === 'vary')
  return Object.fromEntries(picked.map(([name, value]) => [name, String(value)]))
}

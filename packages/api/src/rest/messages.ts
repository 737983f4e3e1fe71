import { createMessageRequest, message, messageWithAnswer, turnHasEnded } from '@reprise/contract'
import { writeMessage } from '@reprise/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readMessageBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { fieldError } from '../errors/to-app-error.ts'
import { joinPieces, putContent, type JsonPieces } from '../json-pieces.ts'
import { chooseIdempotencyKey } from '../operations/choose-idempotency-key.ts'
import { createMessage } from '../operations/create-message.ts'
import { getSessionInput } from '../operations/get-session.ts'
import { listMessages, listMessagesInput } from '../operations/list-messages.ts'
import { expectAnswer, waitOptions } from '../operations/wait-for-answer.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { describeList } from './describe-list.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'
import { sendPieces } from './send-pieces.ts'

const createDocs = {
  tags: ['Messages'],
  summary: 'Create message (user message triggers workflow)',
  description:
    'Commits the message and its turn, then answers. With the header `Idempotency-Key` (or `client_message_id` in the body) the same request ' +
    'may be sent again at any time: it is answered with the message that was stored first, `delivery` being `duplicate`. ' +
    'With `wait=true` the answer comes when the turn has ended.',
  params: getSessionInput,
  querystring: waitOptions,
  headers: z.object({ 'idempotency-key': z.string().optional().describe('1 to 255 visible ASCII characters') }),
  body: createMessageRequest,
  response: {
    200: messageWithAnswer.describe('With `wait=true`: the message and its final answer'),
    201: message.describe('Message created successfully'),
    202: messageWithAnswer.describe('With `wait=true`: accepted, and not answered in time'),
    ...problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503),
  },
}

const listDocs = {
  tags: ['Messages'],
  summary: 'List messages',
  params: getSessionInput,
  querystring: z.object(listMessagesInput.shape).omit({ session_id: true }),
  response: { 200: describeList(message, 'messages'), ...problems(400, 401, 404) },
}

export function registerMessages(server: FastifyInstance, services: Services): void {
  server.post('/sessions/:session_id/messages', { schema: createDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const { wait, timeout_ms } = checkInput(waitOptions, readQuery(request.query, waitOptions))
    const givenKey = readIdempotencyKey(request)
    const signal = abortOnDisconnect(reply)
    const body = await readMessageBody(services, request, signal)
    const idempotency_key = chooseIdempotencyKey(givenKey, body.request.client_message_id)
    const expected = wait ? expectAnswer(services, request.caller, session_id) : null
    try {
      const created = await createMessage(services, request.caller, { session_id, idempotency_key, body })
      // A duplicate's body is the first one's, byte for byte, so its content is what was sent then.
      const { sent_content } = body
      const pieces = sent_content
        ? putContent(created.message, sent_content, created.delivery)
        : [writeMessage(created.message, undefined, created.delivery)]
      if (!expected) return await sendPieces(reply.code(201), pieces)

      const { answer_json, turn_status } = await expected.for(created, timeout_ms, signal)
      const ending = `,"answer":${answer_json},"turn_id":"${created.message.turn_id}","turn_status":"${turn_status}"}`
      return await sendPieces(reply.code(turnHasEnded[turn_status] ? 200 : 202), ['{"message":', ...pieces, ending])
    } finally {
      expected?.close()
    }
  })

  server.get('/sessions/:session_id/messages', { schema: listDocs }, async (request, reply) => {
    const session_id = readPathId(request, 'session_id')
    const input = checkInput(listMessagesInput, { ...readQuery(request.query, listMessagesInput), session_id })
    const messages = joinPieces(await listMessages(services, request.caller, input, abortOnDisconnect(reply)), ',')
    return sendPieces(reply, mergeTexts(['{"data":[', ...messages, '],"messages":[', ...messages, ']}']))
  })
}

/** Node joins repeated headers by a comma, which is itself a visible character: the raw ones tell. */
function readIdempotencyKey({ raw, headers }: FastifyRequest): string | null {
  const given = raw.headersDistinct['idempotency-key'] ?? []
  if (given.length > 1) throw fieldError('invalid_idempotency_key', 'Idempotency-Key', 'must be given once')
  return headers['idempotency-key'] === undefined ? null : given[0]!
}

/** One string where nothing is bytes. */
function mergeTexts(pieces: JsonPieces): JsonPieces {
  return pieces.every((piece) => typeof piece === 'string') ? [pieces.join('')] : pieces
}

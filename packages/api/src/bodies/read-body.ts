import { AppError, limits } from '@reprise/contract'
import type { MessageBody } from '@reprise/compute'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { acceptParsed } from '../errors/accept-parsed.ts'
import type { Services } from '../services.ts'
import { collectBody } from './collect-body.ts'

/**
 * The one way a JSON body comes in, for REST and tRPC. Fastify's part ends with the content type: the bytes are read by
 * the route, after access, path and query were found good, and parsed by compute, large ones on a thread.
 */
export function registerJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', (_request, _payload, done) => done(null))
  // On every route, whether it takes a body or not.
  server.addHook('onRequest', async ({ headers }) => checkContentEncoding(headers['content-encoding']))
}

/** A body of any route but the messages'. An empty one is `undefined`, whatever its content type says. */
export async function readJsonBody({ compute }: Services, request: FastifyRequest, signal: AbortSignal): Promise<unknown> {
  const bytes = await readBytes(request, limits.jsonBodyBytesMax)
  return acceptParsed(await compute.readJsonBody(bytes, { signal }))
}

export async function readMessageBody({ compute }: Services, request: FastifyRequest, signal: AbortSignal): Promise<MessageBody> {
  const bytes = await readMessageBytes(request)
  return acceptParsed(await compute.readMessageBody(bytes, { organization_id: request.caller.organization_id, signal }))
}

export async function readMessageBytes(request: FastifyRequest): Promise<Uint8Array<ArrayBuffer>> {
  return await readBytes(request, limits.messageBodyBytesMax)
}

async function readBytes({ raw, headers }: FastifyRequest, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  checkContentType(headers['content-type'])
  return await collectBody(raw, bytesMax)
}

/** Fastify has refused a body of a type that no route takes; this one takes JSON, and JSON is UTF-8. No type is no body. */
function checkContentType(contentType = 'application/json'): void {
  const [, type, charset = 'utf-8'] = /^([^;\s]*)\s*(?:;.*?charset="?([^;"\s]+))?/i.exec(contentType) ?? []
  if (type?.toLowerCase() !== 'application/json') throw new AppError('unsupported_media_type', { message: `Expected application/json, got ${type}` })
  if (!/^utf-?8$/i.test(charset)) throw new AppError('unsupported_media_type', { message: `JSON is read as UTF-8, not as ${charset}` })
}

/** A compressed body could be any size once unpacked; `identity` says that it is not compressed. */
function checkContentEncoding(encoding: string | undefined): void {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_encoding', { message: `The content encoding ${encoding} is not supported: send the body as it is` })
  }
}

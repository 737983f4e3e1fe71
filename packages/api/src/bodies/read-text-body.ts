import { AppError, limits } from '@reprise/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectBody } from './collect-body.ts'

const textTypes = ['text/plain', 'text/markdown'] as const
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Lets the routes of this scope, and no others, take text: a browser sends plain text anywhere without asking. */
export function registerTextBodies(scope: FastifyInstance): void {
  scope.addContentTypeParser([...textTypes], (_request, _payload, done) => done(null))
}

export async function readTextBody({ raw, headers }: FastifyRequest): Promise<string> {
  const [, type = '', charset = 'utf-8'] = /^([^;\s]*)\s*(?:;.*?charset="?([^;"\s]+))?/i.exec(headers['content-type'] ?? '') ?? []
  if (!textTypes.some((known) => known === type.toLowerCase())) {
    throw new AppError('unsupported_media_type', { message: `Expected ${textTypes.join(' or ')}, got ${type === '' ? 'no content type' : type}` })
  }
  if (!/^utf-?8$/i.test(charset)) throw new AppError('unsupported_media_type', { message: `Text is read as UTF-8, not as ${charset}` })
  const bytes = await collectBody(raw, limits.jsonBodyBytesMax)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new AppError('invalid_request', { message: 'The body is not valid UTF-8' })
  }
}

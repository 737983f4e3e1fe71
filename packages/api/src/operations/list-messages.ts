import { AppError, ids, limits, messageRoles, readStoredImage, type ContentPart } from '@reprise/contract'
import { listMessages as readMessages, readImageBytes, searchMessages, writeMessage, type StoredMessage } from '@reprise/store'
import { z } from 'zod'
import { acceptParsed } from '../errors/accept-parsed.ts'
import { putContent, type JsonPieces } from '../json-pieces.ts'
import type { Caller, Services } from '../services.ts'
import { findSession } from './find-session.ts'
import { searchText } from './search-text.ts'

const sequence = z.int().min(0).max(Number.MAX_SAFE_INTEGER)

export const listMessagesInput = z
  .object({
    session_id: ids.session,
    limit: z
      .int()
      .min(1)
      .max(limits.pageSizeMax)
      .optional()
      .describe(`At most this many (default ${limits.pageSizeDefault}); without \`after\` the last ones, either way oldest first`),
    before: sequence.optional().describe('Only messages with a lower sequence'),
    after: sequence.optional().describe('Only messages with a higher sequence'),
    role: z.enum(messageRoles).optional(),
    q: searchText.optional().describe('Full text, in the first 200 KB of a message: words that are all there, `"a phrase"`, `-without`, `or`'),
    images: z
      .enum(['url', 'inline'])
      .default('url')
      .describe(`\`inline\`: images as base64, on pages of at most ${limits.inlineImagesPageSizeMax} messages`),
  })
  .refine(({ images, limit }) => images === 'url' || limit === undefined || limit <= limits.inlineImagesPageSizeMax, {
    path: ['limit'],
    message: `must be at most ${limits.inlineImagesPageSizeMax} with images=inline`,
  })

/** The messages of a session, oldest first, each as its JSON. */
export async function listMessages(services: Services, caller: Caller, input: z.output<typeof listMessagesInput>, signal: AbortSignal): Promise<JsonPieces[]> {
  const { session_id, before, after, role, q, images } = input
  const limit = input.limit ?? (images === 'inline' ? limits.inlineImagesPageSizeMax : limits.pageSizeDefault)
  await findSession(services, caller, session_id)
  const filter = {
    organization_id: caller.organization_id,
    session_id,
    before_sequence: before,
    after_sequence: after,
    role,
    limit,
    newest: after === undefined,
  }
  const messages = q === undefined ? await readMessages(services.db, filter) : await searchMessages(services.db, filter, q, signal)
  if (images === 'url') return messages.map((message) => [writeMessage(message)])
  const written: JsonPieces[] = []
  for (const message of messages) written.push(await writeInline(services, caller, message, signal))
  return written
}

async function writeInline({ db, compute }: Services, caller: Caller, message: StoredMessage, signal: AbortSignal): Promise<JsonPieces> {
  const content = JSON.parse(message.content_json) as ContentPart[] // validated when it was accepted
  const imageIds = new Set(content.map((part) => readStoredImage(part)?.image_id).filter((id) => id !== undefined))
  if (imageIds.size === 0) return [writeMessage(message)]
  const bytes = new Map<string, Uint8Array>()
  for (const imageId of imageIds) {
    const image = await readImageBytes(db, caller.organization_id, imageId, 'full')
    if (!image) throw new AppError('internal_error', { detail: `${message.id} shows ${imageId}, which is not stored` })
    bytes.set(imageId, image.bytes)
  }
  return putContent(message, acceptParsed(await compute.restoreContent(message.content_json, bytes, { signal })))
}

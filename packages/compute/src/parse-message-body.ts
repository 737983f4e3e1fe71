import { createHash } from 'node:crypto'
import type { CreateMessageRequest, Parsed } from '@reprise/contract'
import { createMessageRequest, parseValue } from '@reprise/contract'
import type { MessageImage } from './checked-image.ts'
import type { MessageBody } from './message-body.ts'
import { parseBody } from './parse-body.ts'
import type { Span } from './raw-json.ts'
import { findRootSpan, findSpan, listMemberSpans } from './raw-json.ts'

/** A message's body as parsed and validated, its images not yet looked at. */
export interface ParsedMessageBody {
  bytes: Uint8Array
  text: string
  request: CreateMessageRequest
  members: Map<string, Span>
  contentSpan: Span
}

export function parseMessageBody(bytes: Uint8Array): Parsed<ParsedMessageBody> {
  const body = parseBody(bytes)
  if (!body.ok) return body
  const { text, value } = body.value
  const request = parseValue(createMessageRequest, value)
  if (!request.ok) return request
  const members = listMemberSpans(text, findRootSpan(text))
  // The schema has found it, so it stands in the text.
  const contentSpan = findSpan(text, ['message', 'content'])!
  return { ok: true, value: { bytes, text, request: request.value, members, contentSpan } }
}

/** Makes the result of a body without inline images; one with images replaces what differs. */
export function writeMessageBody({ bytes, text, request, members, contentSpan }: ParsedMessageBody): MessageBody {
  const sliceOf = (...names: string[]) => {
    // The first that has a value: `external_actor` may also be spelled `externalActor`.
    const span = names.map((name) => members.get(name)).find((found) => found && text.slice(found.start, found.end) !== 'null')
    return span ? text.slice(span.start, span.end) : null
  }
  return {
    request,
    content_json: text.slice(contentSpan.start, contentSpan.end),
    sent_content: null,
    controls_json: sliceOf('controls'),
    metadata_json: sliceOf('metadata'),
    tags_json: sliceOf('tags'),
    external_actor_json: sliceOf('external_actor', 'externalActor'),
    images: [] satisfies MessageImage[],
    image_file_ids: [...new Set(request.message.content.flatMap((part) => (part.type === 'image_file' ? [part.image_id] : [])))],
    body_sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}

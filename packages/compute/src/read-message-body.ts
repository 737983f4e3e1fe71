import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { Parsed } from '@reprise/contract'
import { writeStoredImage } from '@reprise/contract'
import { readBase64Spelling, spellReference } from './base64-spelling.ts'
import { checkImage } from './check-image/check-image.ts'
import type { MessageImage } from './checked-image.ts'
import { decodeBase64 } from './decode-base64.ts'
import { imageId } from './image-id.ts'
import type { InlineImage } from './inline-images.ts'
import { findInlineImages, refuseImage } from './inline-images.ts'
import type { MessageBody } from './message-body.ts'
import { parseMessageBody, writeMessageBody } from './parse-message-body.ts'
import type { ParsedMessageBody } from './parse-message-body.ts'
import { listElementSpans, listMemberSpans } from './raw-json.ts'
import { toTransferable } from './transfer.ts'

/** An inline image that was accepted, and the reference that takes its place. */
interface StoredInlineImage extends InlineImage {
  image: MessageImage
  reference: string
}

/** The whole way of a message's body: syntax, what can be stored, schema, and then each of its inline images. */
export async function readMessageBody(bytes: Uint8Array, organizationId: string): Promise<Parsed<MessageBody>> {
  const parsed = parseMessageBody(bytes)
  if (!parsed.ok) return parsed
  const body = writeMessageBody(parsed.value)
  const found = findInlineImages(body.request.message.content)
  if (!found.ok) return found
  if (found.value.length === 0) return { ok: true, value: body }

  const images = new Map<string, MessageImage>()
  const stored: StoredInlineImage[] = []
  for (const inline of found.value) {
    const checked = await checkInlineImage(inline, organizationId, images)
    if (!checked.ok) return checked
    images.set(checked.value.sha256, checked.value)
    stored.push({ ...inline, image: checked.value, reference: writeStoredImage(checked.value) })
  }
  const content = replaceBase64(parsed.value, stored)
  if (!content.ok) return content
  for (const { index, member, base64, reference } of stored) {
    const part = body.request.message.content[index]!
    if (part.type === 'image') part[member] = part[member]!.slice(0, -base64.length) + reference
  }
  const { contentSpan, text } = parsed.value
  return {
    ok: true,
    value: {
      ...body,
      content_json: content.value,
      sent_content: toTransferable(Buffer.from(text.slice(contentSpan.start, contentSpan.end))),
      images: [...images.values()],
    },
  }
}

async function checkInlineImage(inline: InlineImage, organizationId: string, known: Map<string, MessageImage>): Promise<Parsed<MessageImage>> {
  const { index, member, base64, declared } = inline
  const bytes = decodeBase64(base64)
  if (!bytes) return refuseImage(index, member, 'is not canonical base64: standard alphabet, padded, without whitespace')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const same = known.get(sha256)
  // The same bytes need only one decode, but each part must have declared them rightly.
  if (same && declared.every((type) => type === same.media_type)) return { ok: true, value: same }
  const checked = await checkImage(toTransferable(bytes), declared)
  if (!checked.ok) return refuseImage(index, member, checked.refusal.message)
  return { ok: true, value: { ...checked.value, image_id: imageId(organizationId, sha256) } }
}

/** The caller's content text with each image's base64 replaced, and nothing else. */
function replaceBase64({ text, contentSpan }: ParsedMessageBody, images: readonly StoredInlineImage[]): Parsed<string> {
  const parts = listElementSpans(text, contentSpan)
  const pieces: string[] = []
  let copied = contentSpan.start
  for (const { index, member, base64, reference } of images) {
    const span = listMemberSpans(text, parts[index]!).get(member)!
    // Within the quotes; a `data:` url keeps what stands before its base64.
    const start = member === 'url' ? text.indexOf(',', span.start) + 1 : span.start + 1
    const spelling = readBase64Spelling(text.slice(start, span.end - 1), base64)
    if (!spelling) return refuseImage(index, member, 'is written with JSON escapes that are not the same throughout')
    pieces.push(text.slice(copied, start), spellReference(reference, spelling))
    copied = span.end - 1
  }
  pieces.push(text.slice(copied, contentSpan.end))
  return { ok: true, value: pieces.join('') }
}

import { Buffer } from 'node:buffer'
import type { ContentPart, Parsed } from '@reprise/contract'
import { readStoredImage } from '@reprise/contract'
import { readReferenceSpelling, spellBase64 } from './base64-spelling.ts'
import { findRootSpan, listElementSpans, listMemberSpans } from './raw-json.ts'
import { toTransferable } from './transfer.ts'

/** Puts base64 back into stored content: the bytes of the content exactly as they were sent. */
export function restoreContent(contentJson: string, images: ReadonlyMap<string, Uint8Array>): Parsed<Uint8Array> {
  // Stored content was validated when it was accepted.
  const content = JSON.parse(contentJson) as ContentPart[]
  const parts = listElementSpans(contentJson, findRootSpan(contentJson))
  const pieces: Buffer[] = []
  let copied = 0
  for (const [index, part] of content.entries()) {
    const stored = readStoredImage(part)
    if (!stored || part.type !== 'image') continue
    const bytes = images.get(stored.image_id)
    if (!bytes) return { ok: false, refusal: { code: 'task_failed', message: `The bytes of ${stored.image_id} are missing` } }
    const span = listMemberSpans(contentJson, parts[index]!).get(part.base64 === undefined ? 'url' : 'base64')!
    // The reference ends the value, and its `@` is never escaped.
    const start = contentJson.lastIndexOf('@', span.end)
    const spelling = readReferenceSpelling(contentJson.slice(start, span.end - 1))
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    pieces.push(Buffer.from(contentJson.slice(copied, start)), Buffer.from(spellBase64(base64, spelling), 'latin1'))
    copied = span.end - 1
  }
  pieces.push(Buffer.from(contentJson.slice(copied)))
  return { ok: true, value: toTransferable(Buffer.concat(pieces)) }
}

import { Buffer } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { toTransferable } from './transfer.ts'

/** The long texts of a value, end to end as UTF-8, in pieces that can be moved to a thread. */
export interface DetachedTexts {
  pieces: Uint8Array<ArrayBuffer>[]
  /** Of each text, in the order in which the value names them. */
  lengths: number[]
}

/** Shorter texts are cloned with the value. */
const longCharactersMin = 1024
const pieceBytes = 1024 * 1024

/**
 * Takes the long texts out of a JSON value, a piece at a time: cloning 50 MB for a thread would hold up everything else.
 * Where one was stands its number, as a bigint, which JSON has none of. Null when they are more than `bytesMax`.
 */
export async function detachTexts(value: unknown, bytesMax: number): Promise<{ value: unknown; texts: DetachedTexts } | null> {
  const found: string[] = []
  const rest = takeTexts(value, found)
  const pieces: Uint8Array<ArrayBuffer>[] = []
  const lengths: number[] = []
  let sizeBytes = 0
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  for (const text of found) {
    let length = 0
    for (const slice of sliceText(text)) {
      // Lone surrogates become U+FFFD here, as they would later.
      const bytes = Buffer.from(slice)
      length += bytes.length
      if (sizeBytes + length > bytesMax) return null
      gathered.push(bytes)
      gatheredBytes += bytes.length
      if (gatheredBytes < pieceBytes) continue
      pieces.push(toTransferable(Buffer.concat(gathered)))
      gathered = []
      gatheredBytes = 0
      await setImmediate()
    }
    sizeBytes += length
    lengths.push(length)
  }
  if (gatheredBytes > 0) pieces.push(toTransferable(Buffer.concat(gathered)))
  return { value: rest, texts: { pieces, lengths } }
}

/** Puts the texts back where they were. */
export function attachTexts(value: unknown, { pieces, lengths }: DetachedTexts): unknown {
  const bytes = Buffer.concat(pieces)
  let at = 0
  const texts = lengths.map((length) => bytes.toString('utf8', at, (at += length)))
  return putTexts(value, texts)
}

function takeTexts(value: unknown, found: string[]): unknown {
  if (typeof value === 'string') return value.length < longCharactersMin ? value : BigInt(found.push(value) - 1)
  return mapMembers(value, (member) => takeTexts(member, found))
}

function putTexts(value: unknown, texts: readonly string[]): unknown {
  return typeof value === 'bigint' ? texts[Number(value)] : mapMembers(value, (member) => putTexts(member, texts))
}

function mapMembers(value: unknown, map: (member: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(map)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, map(member)]))
}

/** Never between the two halves of a pair of surrogates. */
function* sliceText(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + pieceBytes, text.length)
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end += 1
    yield text.slice(start, end)
    start = end
  }
}

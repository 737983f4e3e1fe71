import { Buffer } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { limits } from '@reprise/contract'
import { isMeasuredWithin } from './measure-value.ts'
import { toJsonValue } from './to-json-value.ts'
import { toTransferable } from './transfer.ts'

/** What is written at once: some milliseconds of work. */
const onceBounds = { valuesMax: 5_000, charactersMax: 256 * 1024 }
const membersAtOnce = 200
const pieceBytes = 1024 * 1024
/** Of the main thread, before others have their turn. */
const spellMs = 4

/**
 * Writes whatever a tool returned as JSON, a piece at a time: to clone or to stringify 50 MB at once would hold up
 * everything else. The pieces can be moved to a thread, end to end they are the text. Null when they are more than `bytesMax`.
 */
export async function writeJson(given: unknown, bytesMax: number): Promise<Uint8Array<ArrayBuffer>[] | null> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let sizeBytes = 0
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let since = performance.now()
  for (const text of writeValue(given, new Set())) {
    const bytes = Buffer.from(text)
    sizeBytes += bytes.length
    if (sizeBytes > bytesMax) return null
    gathered.push(bytes)
    gatheredBytes += bytes.length
    const isPiece = gatheredBytes >= pieceBytes
    if (!isPiece && performance.now() - since < spellMs) continue
    if (isPiece) {
      pieces.push(toTransferable(Buffer.concat(gathered)))
      gathered = []
      gatheredBytes = 0
    }
    await setImmediate()
    since = performance.now()
  }
  pieces.push(toTransferable(Buffer.concat(gathered)))
  return pieces
}

function* writeValue(value: unknown, ancestors: Set<object>): Generator<string> {
  if (typeof value === 'string' && value.length > onceBounds.charactersMax) return yield* writeText(value)
  if (typeof value !== 'object' || value === null || isSmall(value)) return yield JSON.stringify(toJsonValue(value))
  // A circle has no end, so it is never small, and comes here.
  if (ancestors.has(value)) return yield '"[circular]"'
  if (ancestors.size >= limits.jsonDepthMax) return yield '"[nested too deep]"'
  ancestors.add(value)
  const members = readMembers(value)
  if (members === null) yield '"[unreadable]"'
  else if (members.kind === 'one') yield* writeValue(members.value, ancestors)
  else if (members.kind === 'list') yield* writeList(members.list, ancestors)
  else yield* writeObject(members.entries, ancestors)
  ancestors.delete(value)
}

function* writeList(list: readonly unknown[], ancestors: Set<object>): Generator<string> {
  yield '['
  for (let start = 0; start < list.length; start += membersAtOnce) {
    if (start > 0) yield ','
    const some = list.slice(start, start + membersAtOnce)
    if (isSmall(some)) yield JSON.stringify(toJsonValue(some)).slice(1, -1)
    else {
      for (const [index, member] of some.entries()) {
        if (index > 0) yield ','
        yield* writeValue(member, ancestors)
      }
    }
  }
  yield ']'
}

function* writeObject(entries: readonly (readonly [string, unknown])[], ancestors: Set<object>): Generator<string> {
  yield '{'
  for (let start = 0; start < entries.length; start += membersAtOnce) {
    if (start > 0) yield ','
    const some = entries.slice(start, start + membersAtOnce)
    for (const [index, [key, member]] of some.entries()) {
      yield `${index > 0 ? ',' : ''}${JSON.stringify(key)}:`
      yield* writeValue(member, ancestors)
    }
  }
  yield '}'
}

function* writeText(text: string): Generator<string> {
  yield '"'
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + onceBounds.charactersMax, text.length)
    // Never between the two halves of a pair of surrogates.
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end += 1
    yield JSON.stringify(text.slice(start, end)).slice(1, -1)
    start = end
  }
  yield '"'
}

type Members = { kind: 'one'; value: unknown } | { kind: 'list'; list: readonly unknown[] } | { kind: 'object'; entries: (readonly [string, unknown])[] }

/** As `toJsonValue` takes an object apart. Null when it cannot be read. */
function readMembers(object: object): Members | null {
  try {
    if (Array.isArray(object)) return { kind: 'list', list: object }
    if (object instanceof Map || object instanceof Set) return { kind: 'list', list: [...object] }
    if ('toJSON' in object && typeof object.toJSON === 'function') return { kind: 'one', value: object.toJSON() }
    return { kind: 'object', entries: Object.entries(object).filter(([, member]) => member !== undefined) }
  } catch {
    return null
  }
}

/** False for what a getter or a proxy keeps from being measured, which is then taken apart. */
function isSmall(value: unknown): boolean {
  return isMeasuredWithin(value, onceBounds)
}

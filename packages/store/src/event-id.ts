/**
 * An event's id is derived, not stored: a UUIDv7 whose fields are the event's time (48 bits of ms), its sequence
 * (12 + 28 bits, high bits first) and 34 bits of SHA-256 of its session. So any id gives its sequence without a
 * look-up, ids of a session sort as their sequences do, and an id of another session shows by its tag.
 */
import { createHash } from 'node:crypto'

const sequenceMax = 2 ** 40 - 1
const tags = new Map<string, bigint>()
const tagsMax = 10_000

export function makeEventId(sessionId: string, sequence: number, eventMs: number): string {
  if (sequence < 1 || sequence > sequenceMax) throw new RangeError(`sequence ${sequence} does not fit an event id`)
  const low = (2n << 62n) | (BigInt(sequence & 0xfffffff) << 34n) | sessionTag(sessionId)
  const high = Math.floor(sequence / 2 ** 28)
  return `event_${eventMs.toString(16).padStart(12, '0')}7${high.toString(16).padStart(3, '0')}${low.toString(16)}`
}

/** The sequence that an event id of this session stands for, or null when the id is another session's. */
export function readEventSequence(sessionId: string, eventId: string): number | null {
  const digits = eventId.slice('event_'.length)
  if (digits[12] !== '7') return null
  const low = BigInt(`0x${digits.slice(16)}`)
  if (low >> 62n !== 2n || (low & ((1n << 34n) - 1n)) !== sessionTag(sessionId)) return null
  const sequence = Number.parseInt(digits.slice(13, 16), 16) * 2 ** 28 + Number((low >> 34n) & 0xfffffffn)
  return sequence > 0 ? sequence : null
}

function sessionTag(sessionId: string): bigint {
  let tag = tags.get(sessionId)
  if (tag === undefined) {
    tag = createHash('sha256').update(sessionId).digest().readBigUInt64BE(0) >> 30n
    if (tags.size >= tagsMax) tags.clear()
    tags.set(sessionId, tag)
  }
  return tag
}

import { z } from 'zod'

/** The prefix that each kind of id carries on the wire: `<prefix>_<32 lowercase hex digits>`. */
export const idPrefixes = {
  agent: 'agent',
  approval: 'approval',
  delivery: 'delivery',
  event: 'event',
  exec: 'exec',
  harness: 'harness',
  image: 'img',
  key: 'key',
  message: 'message',
  model: 'model',
  organization: 'org',
  principal: 'principal',
  provider: 'provider',
  schedule: 'sched',
  session: 'sess',
  turn: 'turn',
  webhook: 'webhook',
  worker: 'worker',
  workspace: 'wsp',
} as const

export type IdKind = keyof typeof idPrefixes

/** Prefixes that are understood on the way in and never written on the way out. */
const prefixAliases: Partial<Record<IdKind, string>> = { session: 'session' }

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const randomPool = new Uint8Array(10 * 256)
let randomPoolUsed = randomPool.length

/**
 * Makes a fresh id: the kind's prefix and a UUIDv7 (RFC 9562) as 32 hex digits. Nothing orders by these ids;
 * their leading time only keeps neighbouring index entries together.
 */
export function newId(kind: IdKind): string {
  if (randomPoolUsed === randomPool.length) {
    crypto.getRandomValues(randomPool)
    randomPoolUsed = 0
  }
  const random = randomPool.subarray(randomPoolUsed, (randomPoolUsed += 10))
  const time = Date.now().toString(16).padStart(12, '0')
  let digits = time + hex[(random[0]! & 0x0f) | 0x70]! + hex[random[1]!]! + hex[(random[2]! & 0x3f) | 0x80]!
  for (let index = 3; index < 10; index++) digits += hex[random[index]!]!
  return `${idPrefixes[kind]}_${digits}`
}

/** Says what is wrong with an id in words that make a wrong length obvious, or null when it is well formed. */
export function describeIdProblem(kind: IdKind, value: string): string | null {
  const prefix = idPrefixes[kind]
  const separator = value.indexOf('_')
  const digits = value.slice(separator + 1)
  const expected = `expected ${prefix}_ followed by 32 lowercase hex digits`
  if (separator < 0 || (value.slice(0, separator) !== prefix && value.slice(0, separator) !== prefixAliases[kind])) {
    return `Invalid ID format: ${expected}, got ${quote(value)}`
  }
  if (digits.length !== 32) return `Invalid ID format: ${expected}, got ${digits.length} characters after ${prefix}_`
  if (!/^[0-9a-f]+$/.test(digits)) return `Invalid ID format: ${expected}, got ${quote(value)}`
  return null
}

/** Marks a validation issue as being about an id, so that it is answered with the code `invalid_id`. */
export const idIssueMarker = 'invalid_id'

function idSchema(kind: IdKind) {
  const prefix = idPrefixes[kind]
  const alias = prefixAliases[kind]
  return z
    .string()
    .superRefine((value, context) => {
      const problem = describeIdProblem(kind, value)
      if (problem) context.addIssue({ code: 'custom', message: problem, params: { marker: idIssueMarker } })
    })
    .overwrite((value) => (alias && value.startsWith(`${alias}_`) ? prefix + value.slice(alias.length) : value))
    .meta({ pattern: `^${alias ? `(${prefix}|${alias})` : prefix}_[0-9a-f]{32}$`, examples: [`${prefix}_01933b5a000070008000000000000001`] })
}

/** One zod schema for each kind of id, accepting aliases and giving the canonical prefix. */
export const ids = {
  agent: idSchema('agent'),
  approval: idSchema('approval'),
  delivery: idSchema('delivery'),
  event: idSchema('event'),
  exec: idSchema('exec'),
  harness: idSchema('harness'),
  image: idSchema('image'),
  key: idSchema('key'),
  message: idSchema('message'),
  model: idSchema('model'),
  organization: idSchema('organization'),
  principal: idSchema('principal'),
  provider: idSchema('provider'),
  schedule: idSchema('schedule'),
  session: idSchema('session'),
  turn: idSchema('turn'),
  webhook: idSchema('webhook'),
  worker: idSchema('worker'),
  workspace: idSchema('workspace'),
} satisfies Record<IdKind, unknown>

function quote(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
}

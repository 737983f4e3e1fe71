import fc from 'fast-check'
import { hostileValue } from './hostile-values.ts'

/** Where in a JSON value something stands. */
type Place = (string | number)[]

interface Breakage {
  /** Which of its places, counted from the outermost. */
  place: number
  how: 'taint' | 'replace' | 'delete' | 'add' | 'wrap' | 'repeat'
  value: unknown
  key: string
  /** What is added to a text that is good otherwise. */
  stain: string
}

/** Which one thing is wrong. */
export const breakage = fc.record<Breakage>({
  place: fc.nat({ max: 60 }),
  how: fc.constantFrom('taint' as const, 'taint' as const, 'taint' as const, 'replace' as const, 'replace' as const, 'delete' as const, 'add' as const, 'wrap' as const, 'repeat' as const),
  value: hostileValue,
  key: fc.constantFrom('unknown', 'id', 'organization_id', 'created_at'),
  stain: fc.constantFrom('\0', '\ud800', '\udfff', '\u202e', '\u2028', '%00', "'", '\\', 'é'.repeat(300)),
})

/** A value with one thing wrong. */
export function breakValue(value: unknown, { place, how, value: hostile, key, stain }: Breakage): unknown {
  const all = listPlaces(value)
  const texts = all.filter((at) => typeof find(value, at) === 'string')
  const places = how === 'taint' && texts.length > 0 ? texts : all
  const chosen = places[place % places.length]!
  switch (how) {
    case 'taint':
      return change(value, chosen, (old) => (typeof old === 'string' ? old + stain : hostile))
    case 'replace':
      return change(value, chosen, () => hostile)
    case 'wrap':
      return change(value, chosen, (old) => [old])
    case 'delete':
      return change(value, chosen, () => undefined)
    case 'add':
      return change(value, chosen, (old) => (isObject(old) ? { ...old, [`x_${key}`]: hostile } : hostile))
    case 'repeat':
      return change(value, chosen, (old) => (Array.isArray(old) ? Array.from({ length: 130 }, () => old[0] ?? hostile) : hostile))
  }
}

function listPlaces(value: unknown, at: Place = []): Place[] {
  if (Array.isArray(value)) return [at, ...value.flatMap((item, index) => listPlaces(item, [...at, index]))]
  if (isObject(value)) return [at, ...Object.entries(value).flatMap(([key, item]) => listPlaces(item, [...at, key]))]
  return [at]
}

function find(value: unknown, at: Place): unknown {
  return at.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value) // a place that it has
}

function change(value: unknown, [first, ...rest]: Place, to: (old: unknown) => unknown): unknown {
  if (first === undefined) return to(value)
  if (Array.isArray(value)) return value.map((item, index) => (index === first ? change(item, rest, to) : (item as unknown)))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === first ? change(item, rest, to) : item]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The one policy for values that enter the system from outside. PostgreSQL refuses some JSON that `JSON.parse`
 * accepts (NUL, lone surrogates, 1e400, very deep nesting), and silently changes some text.
 * What a caller sends is refused (`findUnstorable`); what a tool or a model returns is repaired (`repairStorable`).
 */
import { limits } from './limits.ts'

export type Path = readonly (string | number)[]

export interface Unstorable {
  path: Path
  message: string
}

/** Finds the first part of a JSON value that must not be stored, or null. Never recurses deeper than the depth limit. */
export function findUnstorable(value: unknown, path: Path = [], depth = 0): Unstorable | null {
  if (typeof value === 'string') {
    const message = describeTextProblem(value)
    return message ? { path, message } : null
  }
  if (typeof value === 'number') return Number.isFinite(value) ? null : { path, message: 'number is out of range' }
  if (value === null || typeof value !== 'object') return null
  if (depth >= limits.jsonDepthMax) return { path, message: `nested deeper than ${limits.jsonDepthMax} levels` }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = findUnstorable(value[index], [...path, index], depth + 1)
      if (found) return found
    }
    return null
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return { path, message: 'the key __proto__ is not allowed' }
    const keyProblem = describeTextProblem(key)
    if (keyProblem) return { path, message: `a key ${keyProblem}` }
    const found = findUnstorable((value as Record<string, unknown>)[key], [...path, key], depth + 1)
    if (found) return found
  }
  return null
}

/** Makes any JSON value storable: bad characters become U+FFFD, impossible numbers null, and what is too deep a marker. */
export function repairStorable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return repairText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (value === null || typeof value !== 'object') return value === undefined || typeof value === 'boolean' || value === null ? (value ?? null) : String(value)
  if (depth >= limits.jsonDepthMax - 1) return '[nested too deep]'
  if (Array.isArray(value)) return value.map((item) => repairStorable(item, depth + 1))
  const repaired: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    if (key !== '__proto__' && item !== undefined) repaired[repairText(key)] = repairStorable(item, depth + 1)
  }
  return repaired
}

/** Replaces NUL and lone surrogates by U+FFFD. */
export function repairText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed()
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed
}

/** Says why a text cannot be stored unchanged, or null. */
export function describeTextProblem(text: string): string | null {
  if (text.includes('\0')) return 'contains a NUL character'
  if (!text.isWellFormed()) return 'contains a lone surrogate'
  return null
}

/** Writes a path in the request's own words: `message.content[1].base64`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const key of path) text += typeof key === 'number' ? `[${key}]` : text === '' ? String(key) : `.${String(key)}`
  return text
}

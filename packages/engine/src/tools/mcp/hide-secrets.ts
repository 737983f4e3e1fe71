import { hiddenHeaderValue, limits } from '@reprise/contract'
import type { ServerPlace } from './server-spec.ts'

/** Shorter values would be found in ordinary words. */
const secretCharactersMin = 8

/** What must not come back from a server: the values that it was given, and what of them stands behind a scheme. */
export function listSecrets(place: ServerPlace): string[] {
  const values = Object.values(place.kind === 'http' ? place.headers : place.env)
  const secrets = values.flatMap((value) => [value, ...value.split(/\s+/).slice(-1)]).filter((value) => value.length >= secretCharactersMin)
  // The longest first, or a part of it would be hidden and the rest stay.
  return [...new Set(secrets)].sort((a, b) => b.length - a.length)
}

/** The value with a mark in place of each secret. What is too deep to be stored is not looked into, and left out. */
export function hideSecrets(value: unknown, secrets: readonly string[], depth = 0): unknown {
  if (secrets.length === 0) return value
  if (typeof value === 'string') return hideInText(value, secrets)
  if (value === null || typeof value !== 'object') return value
  if (depth >= limits.jsonDepthMax) return '[nested too deep]'
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item, secrets, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [hideInText(key, secrets), hideSecrets(item, secrets, depth + 1)]))
}

/** So much of the text, whose secrets are hidden first: of one that the cut goes through, a part would stay. */
export function hideAndCut(text: string, secrets: readonly string[], charactersMax: number): string {
  return hideInText(text, secrets).slice(0, charactersMax).toWellFormed()
}

export function hideInText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((hidden, secret) => hidden.replaceAll(secret, hiddenHeaderValue), text)
}

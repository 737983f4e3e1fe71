import { Buffer } from 'node:buffer'
import { repairStorable } from '@reprise/contract'
import { toJsonValue } from './to-json-value.ts'

export interface ProcessedToolResult {
  /** Storable JSON, of at most `bytesMax` bytes. */
  value: unknown
  truncated: boolean
  /** Of the whole value as JSON, before it was truncated. */
  size_bytes: number
}

/** Makes whatever a tool returned storable and small enough for a prompt. Never throws: an odd result must not end the turn. */
export function processToolResult(given: unknown, bytesMax: number): ProcessedToolResult {
  const value = repairStorable(toJsonValue(given))
  const json = JSON.stringify(value)
  const sizeBytes = Buffer.byteLength(json)
  if (sizeBytes <= bytesMax) return { value, truncated: false, size_bytes: sizeBytes }
  return truncateText(typeof value === 'string' ? value : json, sizeBytes, bytesMax)
}

/**
 * For a value too large even to be sent to a thread, where receiving it could exhaust the heap within one native call.
 * Only a text keeps its beginning; its size is then that of its UTF-8.
 */
export function truncateHugeToolResult(given: unknown, sizeBytesMin: number, bytesMax: number): ProcessedToolResult {
  if (typeof given !== 'string') return truncateText('', sizeBytesMin, bytesMax)
  const beginning = repairStorable(given.slice(0, bytesMax)) as string
  return truncateText(beginning, Buffer.byteLength(given), bytesMax)
}

/** The longest beginning of a text that, with its marker, takes at most `bytesMax` bytes as JSON. */
function truncateText(text: string, sizeBytes: number, bytesMax: number): ProcessedToolResult {
  const marker = `\n[truncated: the full value is ${sizeBytes} bytes of JSON]`
  let fits = 0
  let tooLong = Math.min(text.length, bytesMax) + 1
  while (fits + 1 < tooLong) {
    const middle = (fits + tooLong) >>> 1
    if (Buffer.byteLength(JSON.stringify(text.slice(0, middle) + marker)) <= bytesMax) fits = middle
    else tooLong = middle
  }
  // A pair of surrogates must not be cut in two.
  const end = text.slice(0, fits).isWellFormed() ? fits : fits - 1
  return { value: text.slice(0, end) + marker, truncated: true, size_bytes: sizeBytes }
}

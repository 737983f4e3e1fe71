import { Buffer } from 'node:buffer'
import { repairStorable, repairText } from '@reprise/contract'
import { toJsonValue } from './to-json-value.ts'

export interface ProcessedToolResult {
  /** Storable JSON, of at most `bytesMax` bytes. */
  value: unknown
  truncated: boolean
  /** Of the whole value as JSON, before it was truncated. */
  size_bytes: number
}

/** What a quarter of a million values, the shortest there are, take as JSON. */
const hugeBytesMin = 500_000

/** Makes whatever a tool returned storable and small enough for a prompt. Never throws: an odd result must not end the turn. */
export function processToolResult(given: unknown, bytesMax: number): ProcessedToolResult {
  const value = repairStorable(toJsonValue(given))
  const json = JSON.stringify(value)
  const sizeBytes = Buffer.byteLength(json)
  if (sizeBytes <= bytesMax) return { value, truncated: false, size_bytes: sizeBytes }
  return truncateText(typeof value === 'string' ? value : json, sizeBytes, bytesMax)
}

/**
 * For a value too large even to be sent to a thread. A text keeps its beginning, and its size is that of its UTF-8; of
 * anything else only the least that its size can be is known.
 */
export function truncateHugeToolResult(given: unknown, bytesMax: number): ProcessedToolResult {
  if (typeof given !== 'string') return truncateText('', hugeBytesMin, bytesMax)
  return truncateText(repairText(given.slice(0, bytesMax)), Buffer.byteLength(given), bytesMax)
}

/** The longest beginning of a text that, with its marker, takes at most `bytesMax` bytes as JSON. */
function truncateText(text: string, sizeBytes: number, bytesMax: number): ProcessedToolResult {
  const marker = `\n[truncated: the full value is ${sizeBytes} bytes]`
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

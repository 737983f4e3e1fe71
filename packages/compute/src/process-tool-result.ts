import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { repairStorable } from '@reprise/contract'
import type { MessageImage } from './checked-image.ts'
import { toTransferable } from './transfer.ts'

export interface ToolResultSettings {
  /** Whose images they are. */
  organization_id: string
  /** Of the result as JSON, where the message holds it. */
  bytesMax: number
  /** Where the whole value can be read, to be told with the beginning of it; null when nobody keeps it. */
  whole_at: string | null
}

export interface ProcessedToolResult {
  /** Storable JSON, of at most `bytesMax` bytes. Its images are taken out. */
  value: unknown
  /** The tool said so itself, in the answer that it gave. */
  is_error: boolean
  images: MessageImage[]
  truncated: boolean
  /** Of the whole value as JSON, before it was truncated. */
  size_bytes: number
  /** All of a value that was truncated, as JSON. */
  whole: { bytes: Uint8Array; sha256: string } | null
}

/** Makes a JSON value, without its images, storable and small enough for a prompt. */
export function finishToolResult(given: unknown, images: MessageImage[], { bytesMax, whole_at }: ToolResultSettings): ProcessedToolResult {
  const value = repairStorable(given)
  const json = JSON.stringify(value)
  const sizeBytes = Buffer.byteLength(json)
  const known = { is_error: false, images, size_bytes: sizeBytes }
  if (sizeBytes <= bytesMax) return { ...known, value, truncated: false, whole: null }
  const beginning = truncateText(typeof value === 'string' ? value : json, sizeBytes, bytesMax, whole_at)
  if (whole_at === null) return { ...known, value: beginning, truncated: true, whole: null }
  const bytes = toTransferable(Buffer.from(json))
  return { ...known, value: beginning, truncated: true, whole: { bytes, sha256: createHash('sha256').update(bytes).digest('hex') } }
}

/** The longest beginning of a text that, with its marker, takes at most `bytesMax` bytes as JSON. */
function truncateText(text: string, sizeBytes: number, bytesMax: number, wholeAt: string | null): string {
  const marker = `\n[truncated: the full value is ${sizeBytes} bytes${wholeAt === null ? '' : ` of JSON, at ${wholeAt}`}]`
  // A text of 50 MB is not measured to find the 256 KB that fit.
  const start = text.slice(0, bytesMax)
  let fits = 0
  let tooLong = start.length + 1
  while (fits + 1 < tooLong) {
    const middle = (fits + tooLong) >>> 1
    if (Buffer.byteLength(JSON.stringify(start.slice(0, middle) + marker)) <= bytesMax) fits = middle
    else tooLong = middle
  }
  // A pair of surrogates must not be cut in two.
  const end = start.slice(0, fits).isWellFormed() ? fits : fits - 1
  return start.slice(0, end) + marker
}

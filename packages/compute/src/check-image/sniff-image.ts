import type { Buffer } from 'node:buffer'
import type { ImageMediaType } from '@reprise/contract'

/** The type that the first bytes prove, or null. What a file is named or declared counts for nothing. */
export function sniffImage(bytes: Buffer): ImageMediaType | null {
  const start = bytes.toString('latin1', 0, 12)
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'image/gif'
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp'
  return null
}

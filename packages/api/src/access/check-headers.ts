import { AppError, limits } from '@reprise/contract'
import type { IncomingMessage } from 'node:http'

/** Of these a second one is refused: a proxy may have judged the other. */
const singles: ReadonlyMap<string, string> = new Map(['Host', 'Authorization'].map((name) => [name.toLowerCase(), name]))

/** Refuses what Node lets through: headers that may stand but once and are there twice, and oversized values. */
export function checkHeaders({ rawHeaders }: IncomingMessage): void {
  const seen = new Set<string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (rawHeaders[index + 1]!.length > limits.headerBytesMax) {
      throw new AppError('headers_too_large', { message: `The header ${name} is longer than ${limits.headerBytesMax} bytes` })
    }
    const single = singles.get(name.toLowerCase())
    if (single === undefined) continue
    if (seen.has(single)) throw new AppError('invalid_request', { message: `The header ${single} must be given once` })
    seen.add(single)
  }
}

import { AppError, limits } from '@reprise/contract'
import type { IncomingMessage } from 'node:http'

/** Refuses what Node lets through: a second `Host`, of which a proxy may have judged the other, and oversized values. */
export function checkHeaders({ rawHeaders }: IncomingMessage): void {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (rawHeaders[index + 1]!.length > limits.headerBytesMax) {
      throw new AppError('headers_too_large', { message: `The header ${name} is longer than ${limits.headerBytesMax} bytes` })
    }
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1) throw new AppError('invalid_request', { message: 'The header Host must be given once' })
}

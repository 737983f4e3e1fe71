import { AppError } from '@reprise/contract'
import type { IncomingHttpHeaders } from 'node:http'

/** Refuses requests that a browser sends on behalf of another site's page, unless the configuration names its origin. */
export function checkOrigin({ origin, host, ...headers }: IncomingHttpHeaders, namedOrigins: readonly string[]): void {
  if (origin !== undefined) {
    if (origin === `http://${host}` || origin === `https://${host}` || namedOrigins.includes(origin)) return
    throw new AppError('foreign_origin', { message: `The origin ${origin} may not call this server` })
  }
  // A plain GET by a page carries no Origin, but browsers say where it comes from.
  if (headers['sec-fetch-site'] === 'cross-site') throw new AppError('foreign_origin')
}

import { AppError } from '@reprise/contract'
import type { FastifyRequest } from 'fastify'
import { readsOnly } from './require-scope.ts'

/** Holds the token of a login. */
export const loginCookie = 'reprise_login'

/**
 * A browser sends a cookie along whichever page makes it ask, so a request by cookie has to show that it comes from a
 * page of this server's own: by what the browser says of it, and by a header that no form and no plain link can send.
 */
export function checkCookieUse({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): void {
  checkOwnPage(headers)
  if (!readsOnly(method) && headers['x-reprise-csrf'] !== '1') throw new AppError('forbidden', { message: 'Who is logged in by a cookie has to send the header X-Reprise-Csrf: 1' })
}

/** Other ports and names of the same site are other pages: browsers send them the cookie all the same. */
export function checkOwnPage({ origin, host, ...headers }: FastifyRequest['headers']): void {
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  const site = headers['sec-fetch-site'] ?? 'none'
  if (!isOwn || (site !== 'none' && site !== 'same-origin')) throw new AppError('foreign_origin', { message: "Logins are for this server's own pages" })
}

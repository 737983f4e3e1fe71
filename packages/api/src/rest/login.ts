import type { CookieSerializeOptions } from '@fastify/cookie'
import { login, loginRequest } from '@reprise/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { authenticate } from '../access/authenticate.ts'
import { checkCookieUse, checkOwnPage, loginCookie } from '../access/check-cookie-use.ts'
import type { Admitted } from '../access/doorkeeper.ts'
import type { LoginAttempts } from '../access/login-attempts.ts'
import { readJsonBody } from '../bodies/read-body.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { createLogin } from '../operations/create-login.ts'
import { deleteLogin } from '../operations/delete-login.ts'
import { describeLogin } from '../operations/describe-login.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'

const tags = ['Login']

/** The login of browsers. It stands before the doors that ask who is calling. */
export function registerLogin(server: FastifyInstance, services: Services, attempts: LoginAttempts): void {
  const createDocs = {
    tags,
    summary: 'Log a browser in',
    description:
      'Sets a cookie that no script can read, for 12 hours at most. A request by it sends `X-Reprise-Csrf: 1`, unless it is a GET, and comes from a page of this server. ' +
      'An `Authorization` header goes before it.',
    security: [],
    body: loginRequest,
    response: { 200: login, ...problems(400, 401, 403, 413, 415, 429) },
  }
  server.post('/login', { schema: createDocs }, async (request, reply) => {
    checkOwnPage(request.headers)
    attempts.take()
    const body = checkInput(loginRequest, await readJsonBody(services, request, abortOnDisconnect(reply)))
    const created = await createLogin(services, body)
    if (created.token !== null) reply.setCookie(loginCookie, created.token, { ...describeCookie(request), expires: new Date(created.login.caller?.expires_at ?? 0) })
    return reply.header('cache-control', 'no-store').send(created.login)
  })

  const getDocs = { tags, summary: 'Get who is logged in, and whether a login is needed', security: [], response: { 200: login, ...problems(400, 401, 403) } }
  server.get('/login', { schema: getDocs }, async (request, reply) => {
    return reply.header('cache-control', 'no-store').send(await describeLogin(services, await admit(request)))
  })

  const deleteDocs = { tags, summary: 'Log out', security: [], response: { 204: z.null(), ...problems(403) } }
  server.delete('/login', { schema: deleteDocs }, async (request, reply) => {
    const token = request.cookies[loginCookie]
    if (token !== undefined) {
      checkCookieUse(request)
      await deleteLogin(services, token)
    }
    return reply.clearCookie(loginCookie, describeCookie(request)).code(204).send()
  })

  /** A login that has ended is nobody's; a key that was sent and is not good is said to be so. */
  async function admit(request: FastifyRequest): Promise<Admitted | null> {
    const { doorkeeper } = services
    if (request.headers.authorization !== undefined || (await doorkeeper.openness.isOpen())) return await authenticate(doorkeeper, request)
    const token = request.cookies[loginCookie]
    if (token === undefined) return null
    checkCookieUse(request)
    return await doorkeeper.admitLogin(token)
  }
}

function describeCookie({ protocol, headers }: FastifyRequest): CookieSerializeOptions {
  // Behind a proxy that speaks https for this server, the proxy says so, or else the page that calls.
  const isHttps = protocol === 'https' || String(headers['x-forwarded-proto']).startsWith('https') || (headers.origin ?? '').startsWith('https:')
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: isHttps }
}

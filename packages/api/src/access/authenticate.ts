import { AppError, describeIdProblem } from '@reprise/contract'
import type { FastifyRequest } from 'fastify'
import { fieldError } from '../errors/to-app-error.ts'
import { checkCookieUse, loginCookie } from './check-cookie-use.ts'
import type { Admitted, Doorkeeper } from './doorkeeper.ts'

/** Judges `Authorization: <key>` or `Bearer <key>`, or else the cookie of a login; and `X-Org-Id`. */
export async function authenticate(doorkeeper: Doorkeeper, request: FastifyRequest): Promise<Admitted> {
  const admitted = await admit(doorkeeper, request)
  const organization = request.headers['x-org-id']
  if (organization !== undefined) checkOrganization(String(organization), admitted.caller.organization_id)
  return admitted
}

async function admit(doorkeeper: Doorkeeper, request: FastifyRequest): Promise<Admitted> {
  const { authorization } = request.headers
  if (authorization !== undefined) return await doorkeeper.admitKey(authorization.replace(/^bearer( +|$)/i, ''))
  const token = request.cookies[loginCookie]
  if (token === undefined || (await doorkeeper.openness.isOpen())) return await doorkeeper.admitNobody()
  checkCookieUse(request)
  const admitted = await doorkeeper.admitLogin(token)
  if (!admitted) throw new AppError('unauthorized', { message: 'The login has ended: log in again' })
  return admitted
}

/** A caller that names an organization must not be answered from another one. */
function checkOrganization(organization: string, own: string): void {
  const problem = describeIdProblem('organization', organization)
  if (problem) throw fieldError('invalid_id', 'X-Org-Id', problem)
  if (organization !== own) throw new AppError('forbidden', { message: 'X-Org-Id names an organization that this key does not open' })
}

import { AppError, describeIdProblem } from '@reprise/contract'
import { seeded } from '@reprise/store'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller } from '../services.ts'

/** Judges `Authorization: <key>` or `Bearer <key>`, and `X-Org-Id`. Without a configured key any value will do. */
export function createAuthenticator(apiKey: string | null): (headers: IncomingHttpHeaders) => Caller {
  const expected = apiKey === null ? null : hash(apiKey)
  // Organizations of their own come with keys of their own; until then there is the seeded one, and its key is the operator's.
  const caller: Caller = { organization_id: seeded.organization_id, key_id: null, scopes: ['read', 'write', 'admin'], requests_per_minute: null, is_operator: true }

  return ({ authorization = '', 'x-org-id': organization }) => {
    const key = authorization.replace(/^bearer +/i, '')
    // Hashes are of one length, so comparing them tells nothing about the key's, nor where it differs.
    if (expected && !timingSafeEqual(hash(key), expected)) throw new AppError('unauthorized')
    if (organization !== undefined) checkOrganization(String(organization), caller)
    return caller
  }
}

/** A caller that names an organization must not be answered from another one. */
function checkOrganization(organization: string, caller: Caller): void {
  const problem = describeIdProblem('organization', organization)
  if (problem) throw fieldError('invalid_id', 'X-Org-Id', problem)
  if (organization !== caller.organization_id) throw new AppError('forbidden', { message: 'X-Org-Id names an organization that this key does not open' })
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

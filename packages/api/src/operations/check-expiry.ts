import { fieldError } from '../errors/to-app-error.ts'

/** A key that has expired when it is made, or by a change, is a mistake: revoking says what it does. */
export function checkExpiry(expiresAt: string | null | undefined): void {
  if (expiresAt && Date.parse(expiresAt) <= Date.now()) throw fieldError('invalid_request', 'expires_at', 'must be in the future')
}

import { AppError } from '@reprise/contract'
import type { Caller } from '../services.ts'

/** Refuses callers that are not the operator's. */
export function requireAdmin({ scopes }: Caller): void {
  if (!scopes.includes('admin')) throw new AppError('forbidden', { message: 'This needs a key with the admin scope' })
}

import { AppError } from '@reprise/contract'
import type { Caller } from '../services.ts'

/** Refuses callers that may not change what an organization runs on. */
export function requireAdmin({ scopes }: Caller): void {
  if (!scopes.includes('admin')) throw new AppError('forbidden', { message: 'This needs a key with the scope admin' })
}

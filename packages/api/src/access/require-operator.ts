import { AppError } from '@reprise/contract'
import type { Caller } from '../services.ts'

/** Refuses callers that are not the operator's: what they ask for belongs to no organization. */
export function requireOperator({ is_operator }: Caller): void {
  if (!is_operator) throw new AppError('forbidden', { message: "This needs the operator's key" })
}

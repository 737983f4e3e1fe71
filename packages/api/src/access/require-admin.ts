import type { Caller } from '../services.ts'
import { requireScope } from './require-scope.ts'

/** Refuses callers that may not change what an organization runs on. */
export function requireAdmin(caller: Caller): void {
  requireScope(caller, 'admin')
}

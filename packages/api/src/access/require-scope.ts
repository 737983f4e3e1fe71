import { AppError, type KeyScope } from '@reprise/contract'
import type { Caller } from '../services.ts'

/**
 * What a request needs, whatever it asks for: this is the one place that says so. tRPC's queries and subscriptions come
 * by GET and its mutations by POST, and it refuses those that do not.
 */
export function chooseScope(method: string): KeyScope {
  return readsOnly(method) ? 'read' : 'write'
}

export function requireScope({ scopes }: Caller, scope: KeyScope): void {
  if (!scopes.includes(scope)) throw new AppError('forbidden', { message: `This needs a key with the scope ${scope}` })
}

export function readsOnly(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

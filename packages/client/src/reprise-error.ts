import type { ErrorCode, FieldError } from '@reprise/contract'
import type { AppRouter } from '@reprise/api'
import { TRPCClientError } from '@trpc/client'

/** What the server said of a call that it refused. */
export interface RepriseError {
  /** Of the catalogue; the rest are tRPC's own, of calls that no procedure ever saw. */
  code: ErrorCode | (string & {})
  message: string
  errors?: FieldError[] | undefined
}

/** Reads what a call threw; null for what did not come from the server, such as a connection that broke. */
export function readError(error: unknown): RepriseError | null {
  const known = asClientError(error)
  return known?.data ? { code: known.data.code, message: known.message, errors: known.data.errors } : null
}

/** True where the same call may well succeed later: the network broke, or the server was too busy, or just being replaced. */
export function isPassing(error: unknown): boolean {
  const known = asClientError(error)
  if (!known) return false
  if (known.data) return isPassingStatus(known.data.httpStatus)
  // Nobody of ours has answered. Unless it was the caller who wanted to hear no more.
  return known.cause?.name !== 'AbortError'
}

const passingStatuses: ReadonlySet<number> = new Set([408, 429, 502, 503, 504])

/** It is not about the request itself. A 500 is: sent again, it would most likely fail again. */
function isPassingStatus(status: number): boolean {
  return passingStatuses.has(status)
}

/** How long the server asks to wait after what a call threw, in ms; null where it does not say. */
export function readPatienceMs(error: unknown): number | null {
  const response: unknown = asClientError(error)?.meta?.['response']
  return response instanceof Response ? readRetryAfterMs(response.headers) : null
}

export function readRetryAfterMs(headers: Headers): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null
}

function asClientError(error: unknown): TRPCClientError<AppRouter> | null {
  return error instanceof TRPCClientError ? (error as TRPCClientError<AppRouter>) : null // the client speaks to no other router
}

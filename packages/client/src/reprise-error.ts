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
  if (!(error instanceof TRPCClientError)) return null
  const { data, message } = error as TRPCClientError<AppRouter> // the client speaks to no other router
  return data ? { code: data.code, message, errors: data.errors } : null
}

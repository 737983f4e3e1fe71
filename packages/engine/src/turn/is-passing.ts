import { AppError } from '@reprise/contract'
import { isConnectionError } from '@reprise/store'

/** The database is away or the process is stopping: whoever takes the turn later goes on from the journal. */
export function isPassing(error: unknown): boolean {
  return isConnectionError(error) || (error instanceof AppError && error.status === 503)
}

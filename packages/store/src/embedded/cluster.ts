import { AppError } from '@reprise/contract'
import type { Binaries } from './find-binaries.ts'
import type { OsUser } from './run-as.ts'

/** One PostgreSQL data folder and what is needed to run its server. */
export interface Cluster {
  /** Absolute, its parents free of symbolic links: the same words that stand in the server's command line. */
  dataDir: string
  socketFolder: string
  binaries: Binaries
  /** The user that the binaries run as; null when that is the user we are. */
  user: OsUser | null
}

/** Every failure here is told to an operator at start, so the message carries the next thing to try. */
export function clusterError(message: string, detail?: string, cause?: unknown): AppError {
  return new AppError('database_unavailable', { message, detail, cause })
}

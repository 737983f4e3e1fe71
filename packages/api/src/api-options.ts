import type { FastifyInstance } from 'fastify'
import type { AccessOptions } from './access/access-options.ts'
import type { LimitTimes } from './limits/limits.ts'
import type { PostingServices } from './services.ts'
import type { StreamTimes } from './streams/event-streams.ts'

export interface Readiness {
  ready: boolean
  /** What was looked at, each with a short word: `{"database":"ok"}`. */
  checks: Record<string, string>
}

export interface ApiOptions extends PostingServices {
  access: AccessOptions
  readiness(): Promise<Readiness>
  version: string
  /** Serves pages for people through the same entrance. */
  pages?: (server: FastifyInstance) => Promise<void>
  /** Of every key that has no limit of its own, and of organizations that are called without one; null: none. */
  requests_per_minute?: number | null
  /** For tests: how often at most the last use of a key is written. */
  key_use_period_ms?: number
  /** For tests; the defaults are the contract's. */
  stream_times?: Partial<StreamTimes>
  limit_times?: Partial<LimitTimes>
}

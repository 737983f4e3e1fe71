import type { AccessOptions } from './access/access-options.ts'
import type { Services } from './services.ts'
import type { StreamTimes } from './streams/event-streams.ts'

export interface Readiness {
  ready: boolean
  /** What was looked at, each with a short word: `{"database":"ok"}`. */
  checks: Record<string, string>
}

export interface ApiOptions extends Omit<Services, 'doorkeeper'> {
  access: AccessOptions
  readiness(): Promise<Readiness>
  version: string
  /** For tests: how often at most the last use of a key is written. */
  key_use_period_ms?: number
  /** For tests; the defaults are the contract's. */
  stream_times?: Partial<StreamTimes>
}

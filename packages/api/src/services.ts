import type { Compute } from '@reprise/compute'
import type { KeyScope } from '@reprise/contract'
import type { Engine } from '@reprise/engine'
import type { Database, DatabasePool, Hub } from '@reprise/store'
import type { Doorkeeper } from './access/doorkeeper.ts'
import type { Limits } from './limits/limits.ts'

/** What every operation works with. */
export interface Services {
  db: Database & DatabasePool
  hub: Hub
  engine: Engine
  compute: Compute
  doorkeeper: Doorkeeper
  limits: Limits
  /** Aborted when the server stops: whatever waits or streams comes to its end. */
  stopping: AbortSignal
}

/** What a message can be posted with, where no door stands between. */
export type PostingServices = Omit<Services, 'doorkeeper' | 'limits'>

/** On whose behalf an operation runs. Every look-up is bound to the caller's organization. */
export interface Caller {
  organization_id: string
  /** Null: the configured key, or no key where none is asked for. */
  key_id: string | null
  /** Of this key alone. Null: it has no limit of its own. */
  requests_per_minute: number | null
  /** With all that they include. */
  scopes: readonly KeyScope[]
  /** Who runs the server, and may see and do what belongs to no organization. */
  is_operator: boolean
}

import type { Compute } from '@reprise/compute'
import type { Engine } from '@reprise/engine'
import type { Database, DatabasePool, Hub } from '@reprise/store'

/** What every operation works with. */
export interface Services {
  db: Database & DatabasePool
  hub: Hub
  engine: Engine
  compute: Compute
  /** Aborted when the server stops: whatever waits or streams comes to its end. */
  stopping: AbortSignal
}

/** On whose behalf an operation runs. Every look-up is bound to the caller's organization. */
export interface Caller {
  organization_id: string
  /** `admin`: the operator's own, for what belongs to no organization. */
  scopes: readonly 'admin'[]
}

import type pg from 'pg'
import type { Database } from '../database.ts'
import type { CancelReason } from '../journal/append.ts'

export interface NewWorker {
  id: string
  hostname: string
  pid: number
  slots: number
}

/**
 * Registers a worker on the connection that will heartbeat, and takes the advisory lock that tells of its life. Shared,
 * so that a connection of the same worker that died without the server's knowing never keeps it waiting. Dead workers
 * are kept for a while, to be seen.
 */
export async function registerWorker(client: pg.Client, worker: NewWorker): Promise<void> {
  await client.query({
    text: `/* forgetDeadWorkers */
DELETE FROM workers w
WHERE heartbeat_at < clock_timestamp() - interval '10 minutes' AND NOT EXISTS (SELECT FROM turns t WHERE t.worker_id = w.id AND t.status = 'running')`,
  })
  await client.query({
    text: `/* registerWorker */
INSERT INTO workers (id, hostname, pid, backend_pid, backend_start, slots, heartbeat_at)
SELECT $1, $2, $3, a.pid, a.backend_start, $4, clock_timestamp()
FROM pg_stat_activity a, pg_try_advisory_lock_shared(worker_lock_key($1)) WHERE a.pid = pg_backend_pid()
ON CONFLICT (id) DO UPDATE SET backend_pid = excluded.backend_pid, backend_start = excluded.backend_start, heartbeat_at = excluded.heartbeat_at`,
    values: [worker.id, worker.hostname, worker.pid, worker.slots],
  })
}

/** Forgets a worker that has stopped: whatever it still held is free at once. */
export async function removeWorker(db: Database, workerId: string): Promise<void> {
  await db.query({ text: '/* removeWorker */ DELETE FROM workers WHERE id = $1', values: [workerId] })
}

/** Says which suspect the worker runs alone from now on, so that its death would count against that turn; null: none. */
export async function recordSuspect(db: Database, workerId: string, turnId: string | null): Promise<void> {
  await db.query({ text: '/* recordSuspect */ UPDATE workers SET suspect_turn_id = $2 WHERE id = $1', values: [workerId, turnId] })
}

/** A provider that a worker leaves alone for a while. */
export interface OpenBreaker {
  provider_id: string
  /** `half_open`: the next call shows whether the provider is back. */
  state: 'open' | 'half_open'
  since: string
}

/** Says which providers the worker leaves alone. */
export async function recordBreakers(db: Database, workerId: string, breakers: readonly OpenBreaker[]): Promise<void> {
  await db.query({ text: '/* recordBreakers */ UPDATE workers SET breakers = $2 WHERE id = $1', values: [workerId, JSON.stringify(breakers)] })
}

export interface HeldTurn {
  organization_id: string
  session_id: string
  turn_id: string
  epoch: number
  /** Given to this worker by this very beat. */
  claimed: boolean
  /** Another worker held it before, and is gone. */
  orphaned: boolean
  /** How often a process died while it ran this turn, since the turn last came further. */
  recoveries: number
  /** It may be to blame for that, and is to run alone. */
  is_suspect: boolean
  cancel_requested: CancelReason | null
}

export interface Beat {
  /** The worker was asked to take no more turns. */
  draining: boolean
  /** The turns that the database gives this worker. */
  held: HeldTurn[]
  /** The organizations that may not run as many turns as they like, as far as they run any or have some that wait for a place; null: none is limited. */
  limited: LimitedOrganization[] | null
}

export interface LimitedOrganization {
  organization_id: string
  turns_running_max: number
  /** By other workers. */
  running_elsewhere: number
  /** Could run, and have no place. */
  turns_ready: number
}

/** One heartbeat: see migrations/0012_limits.sql. A worker that runs nothing is offered suspects first. */
export async function beat(db: Pick<pg.Client, 'query'>, workerId: string, freeSlots: number, isIdle = false): Promise<Beat> {
  const { rows } = await db.query<Beat>({ name: 'beat', text: '/* beat */ SELECT * FROM beat($1, $2, $3)', values: [workerId, freeSlots, isIdle] })
  return rows[0]!
}

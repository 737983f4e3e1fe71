import type pg from 'pg'
import type { Database } from '../database.ts'

export interface NewWorker {
  id: string
  hostname: string
  pid: number
  slots: number
}

/** Registers a worker on the connection that will heartbeat, and takes the advisory lock that tells of its life. */
export async function registerWorker(client: pg.Client, worker: NewWorker): Promise<void> {
  await client.query({
    text: `/* registerWorker */
INSERT INTO workers (id, hostname, pid, backend_pid, backend_start, slots, heartbeat_at)
SELECT $1, $2, $3, a.pid, a.backend_start, $4, clock_timestamp()
FROM pg_stat_activity a, pg_advisory_lock(worker_lock_key($1)) WHERE a.pid = pg_backend_pid()
ON CONFLICT (id) DO UPDATE SET backend_pid = excluded.backend_pid, backend_start = excluded.backend_start, heartbeat_at = excluded.heartbeat_at`,
    values: [worker.id, worker.hostname, worker.pid, worker.slots],
  })
}

/** Forgets a worker that has stopped: whatever it still held is free at once. */
export async function removeWorker(db: Database, workerId: string): Promise<void> {
  await db.query({ text: '/* removeWorker */ DELETE FROM workers WHERE id = $1', values: [workerId] })
}

export interface HeldTurn {
  organization_id: string
  session_id: string
  turn_id: string
  epoch: number
  /** Given to this worker by this very beat. */
  claimed: boolean
}

/** One heartbeat: see migrations/0003_beat.sql. Answers the turns that the database gives this worker. */
export async function beat(db: Pick<pg.Client, 'query'>, workerId: string, freeSlots: number): Promise<HeldTurn[]> {
  const { rows } = await db.query<HeldTurn>({ name: 'beat', text: '/* beat */ SELECT * FROM beat($1, $2)', values: [workerId, freeSlots] })
  return rows
}

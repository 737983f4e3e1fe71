import type { Worker } from '@reprise/contract'
import type { Database } from '../database.ts'

// A worker beats twice a second: after two seconds it has missed several beats, and may still come back.
const columns = `w.id, w.hostname, w.pid, w.slots, w.drain_requested_at IS NOT NULL AS draining, w.started_at, w.heartbeat_at,
  (SELECT count(*)::integer FROM turns t WHERE t.worker_id = w.id AND t.status = 'running') AS turns_running,
  CASE
    WHEN worker_is_gone(w.id) THEN 'gone'
    WHEN w.heartbeat_at < clock_timestamp() - interval '2 seconds' THEN 'late'
    ELSE 'live'
  END AS status,
  (SELECT coalesce(json_agg(json_build_object('provider_id', b->>'provider_id', 'provider_name', p.name, 'state', b->>'state', 'since', b->>'since') ORDER BY b->>'since'), '[]')
    FROM json_array_elements(w.breakers) b LEFT JOIN providers p ON p.id = b->>'provider_id') AS breakers`

/** Every worker that has not said goodbye, the latest first. */
export async function listWorkers(db: Database): Promise<Worker[]> {
  const { rows } = await db.query<Worker>({ text: `/* listWorkers */ SELECT ${columns} FROM workers w ORDER BY w.started_at DESC, w.id DESC` })
  return rows
}

/** Asks a worker to take no more turns, which it learns by its next heartbeat; null when there is no such worker. */
export async function requestDrain(db: Database, workerId: string): Promise<Worker | null> {
  const { rows } = await db.query<Worker>({
    text: `/* requestDrain */
UPDATE workers w SET drain_requested_at = coalesce(w.drain_requested_at, clock_timestamp()) WHERE w.id = $1 RETURNING ${columns}`,
    values: [workerId],
  })
  return rows[0] ?? null
}

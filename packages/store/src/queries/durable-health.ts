import type { DurableHealth } from '@reprise/contract'
import type { Database } from '../database.ts'

/** What is under way is counted by indexes that hold nothing else, so that it costs the same however much has ended. */
export async function readDurableHealth(db: Database): Promise<DurableHealth> {
  const { rows } = await db.query<DurableHealth>({
    text: `/* readDurableHealth */
SELECT
  (SELECT count(*) FROM turns WHERE status = 'ready') AS turns_ready,
  (SELECT count(*) FROM turns WHERE status = 'running') AS turns_running,
  (SELECT count(*) FROM turns WHERE status = 'waiting') AS turns_waiting,
  (SELECT count(*) FROM turns WHERE status = 'parked') AS turns_parked,
  (SELECT count(*) FROM turns WHERE status = 'failed' AND ended_at > clock_timestamp() - interval '1 hour' AND copy_of IS NULL) AS turns_failed_last_hour,
  (SELECT max(greatest(0, extract(epoch FROM clock_timestamp() - created_at) * 1000))::bigint FROM turns WHERE status = 'ready') AS oldest_ready_age_ms,
  live.*
FROM (
  SELECT count(*) AS workers_live, count(w.drain_requested_at) AS workers_draining,
    coalesce(sum(w.slots) FILTER (WHERE w.drain_requested_at IS NULL), 0)::integer AS slots
  FROM workers w WHERE NOT worker_is_gone(w.id)
) live`,
  })
  return rows[0]!
}

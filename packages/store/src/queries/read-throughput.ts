import type { ThroughputStep } from '@reprise/contract'
import type { Database } from '../database.ts'

export interface ThroughputFilter {
  organization_id: string
  steps: number
  step_ms: number
  /** Only the latest so many turns are looked at. */
  turns_max: number
}

interface Throughput {
  data: ThroughputStep[]
  turns: number
}

/** The turns that ended lately, by the step of time in which they did, oldest first; steps without any are there too, and the last is not over yet. */
export async function readThroughput(db: Database, { organization_id, steps, step_ms, turns_max }: ThroughputFilter): Promise<Throughput> {
  const { rows } = await db.query<ThroughputStep & { turns: number }>({
    text: `/* readThroughput */
WITH range AS (
  SELECT step, floor(extract(epoch FROM clock_timestamp()) * 1000 / $3)::bigint - $2 + 1 + step AS number FROM generate_series(0, $2 - 1) step
),
ended AS (
  SELECT status, floor(extract(epoch FROM ended_at) * 1000 / $3)::bigint AS number, extract(epoch FROM ended_at - created_at)::double precision * 1000 AS ms
  FROM turns
  WHERE organization_id = $1 AND ended_at >= to_timestamp((SELECT min(number) FROM range) * $3 / 1000.0) AND copy_of IS NULL
  ORDER BY ended_at DESC LIMIT $4
),
counted AS (
  SELECT number, count(*) FILTER (WHERE status = 'completed') AS completed, count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms) AS percentiles
  FROM ended GROUP BY number
)
SELECT to_char(to_timestamp(r.number * $3 / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
  coalesce(c.completed, 0) AS completed, coalesce(c.failed, 0) AS failed, coalesce(c.cancelled, 0) AS cancelled,
  CASE WHEN c.percentiles IS NULL THEN NULL ELSE json_build_object('p50', round(c.percentiles[1]), 'p95', round(c.percentiles[2]), 'p99', round(c.percentiles[3])) END AS duration_ms,
  (SELECT count(*) FROM ended) AS turns
FROM range r LEFT JOIN counted c USING (number)
ORDER BY r.step`,
    values: [organization_id, steps, step_ms, turns_max],
  })
  return { data: rows.map(({ turns: _turns, ...step }) => step), turns: rows[0]?.turns ?? 0 }
}

import { turnStatuses, type AgentStats, type SessionStatus, type TurnStatus } from '@reprise/contract'
import type { Database } from '../database.ts'
import { sessionStatus } from './session-record.ts'
import { showUsage, type UsageTotals } from '../journal/sum-used.ts'

/** Beyond these nothing is counted, so that an agent with a long past costs no more than any other. */
const sessionsMax = 10_000
const turnsMax = 100_000

interface StatsRow {
  sessions: number
  by_status: Partial<Record<SessionStatus, number>> | null
  duration_ms: number | null
  used: UsageTotals
  first_session_at: string | null
  last_session_at: string | null
  turns: Partial<Record<TurnStatus, number>> | null
  last_turn_at: string | null
}

export async function readAgentStats(db: Database, organizationId: string, agentId: string): Promise<AgentStats> {
  const { rows } = await db.query<StatsRow>({
    name: 'read_agent_stats',
    text: `/* readAgentStats */
WITH newest AS MATERIALIZED (
  SELECT s.id, s.created_at, h.usage, h.last_event_ms, ${sessionStatus} AS status
  FROM sessions s JOIN session_heads h ON h.session_id = s.id
  WHERE s.organization_id = $1 AND s.agent_id = $2 AND h.deleted_at IS NULL
  ORDER BY s.created_at DESC LIMIT $3
),
their_turns AS MATERIALIZED (
  SELECT t.status, t.created_at FROM newest n JOIN turns t ON t.session_id = n.id AND t.copy_of IS NULL LIMIT $4
)
SELECT
  count(*) AS sessions,
  (SELECT json_object_agg(status, total) FROM (SELECT status, count(*) AS total FROM newest GROUP BY status) c) AS by_status,
  sum(greatest(n.last_event_ms - extract(epoch FROM n.created_at) * 1000, 0))::float8 AS duration_ms,
  json_strip_nulls(json_build_object(
    'input_tokens', sum((n.usage).input_tokens), 'output_tokens', sum((n.usage).output_tokens),
    'cache_read_tokens', sum((n.usage).cache_read_tokens), 'cache_write_tokens', sum((n.usage).cache_write_tokens),
    'reasoning_tokens', sum((n.usage).reasoning_tokens), 'cost_micro_usd', sum((n.usage).cost_micro_usd)
  )) AS used,
  min(n.created_at) AS first_session_at, max(n.created_at) AS last_session_at,
  (SELECT json_object_agg(status, total) FROM (SELECT status, count(*) AS total FROM their_turns GROUP BY status) c) AS turns,
  (SELECT max(created_at) FROM their_turns) AS last_turn_at
FROM newest n`,
    values: [organizationId, agentId, sessionsMax, turnsMax],
  })
  return showStats(rows[0]!)
}

function showStats({ sessions, by_status, duration_ms, used, first_session_at, last_session_at, turns, last_turn_at }: StatsRow): AgentStats {
  const usage = showUsage(used)
  const turns_by_status = Object.fromEntries(turnStatuses.map((status) => [status, turns?.[status] ?? 0])) as Record<TurnStatus, number> // every status has its entry
  const execution_count = Object.values(turns_by_status).reduce((sum, total) => sum + total, 0)
  const total_session_duration_ms = Math.round(duration_ms ?? 0)
  return {
    session_count: sessions,
    started_session_count: by_status?.started ?? 0,
    active_session_count: by_status?.active ?? 0,
    idle_session_count: by_status?.idle ?? 0,
    waiting_for_tool_results_session_count: by_status?.waitingfortoolresults ?? 0,
    execution_count,
    turns_by_status,
    total_session_duration_ms,
    avg_session_duration_ms: sessions === 0 ? null : Math.round(total_session_duration_ms / sessions),
    total_input_tokens: usage.input_tokens,
    total_output_tokens: usage.output_tokens,
    total_cache_read_tokens: usage.cache_read_tokens ?? 0,
    total_cache_creation_tokens: usage.cache_write_tokens ?? 0,
    usage,
    first_session_at,
    last_session_at,
    last_execution_at: last_turn_at,
    is_complete: sessions < sessionsMax && execution_count < turnsMax,
  }
}

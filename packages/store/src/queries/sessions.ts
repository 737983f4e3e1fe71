import type { CapabilityRef, CreateSessionRequest, McpServers, ModelPrices, Session, SessionStatus, ToolDefinition } from '@reprise/contract'
import type { Database } from '../database.ts'
import { encodeEvents } from '../journal/encode-flush.ts'
import { newEvent } from '../journal/append.ts'
import { noUsage, sessionColumns, sessionStatus, sessionUsed, showSession, type SessionRow } from './session-record.ts'
import { turnModelJson } from './turn-model.ts'

export type NewSession = Omit<Session, 'status' | 'usage' | 'is_pinned' | 'created_at' | 'updated_at'> & { mcp_headers_sealed: Uint8Array | null }

/** Stores a session, its head and `session.started` in one commit. */
export async function insertSession(db: Database, session: NewSession): Promise<Session> {
  const { harness_id, agent_id, model_id } = session
  const started = newEvent('session.started', { harness_id, agent_id, model_id })
  const { rows } = await db.query<Omit<Session, 'usage'>>({
    name: 'insert_session',
    text: `/* insertSession */
WITH clock AS (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms),
s AS (
  INSERT INTO sessions (
    id, organization_id, workspace_id, harness_id, owner_principal_id, agent_id, title, locale, model_id, tags, capabilities,
    tools, system_prompt, max_iterations, parallel_tool_calls, hints, when_busy, created_at, updated_at,
    mcp_servers, mcp_headers_sealed
  )
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, to_timestamp(now_ms / 1000.0), to_timestamp(now_ms / 1000.0), $19, $20
  FROM clock
  RETURNING *
),
h AS (
  INSERT INTO session_heads (session_id, organization_id, last_sequence, last_event_ms)
  SELECT s.id, s.organization_id, 1, now_ms FROM s, clock
),
j AS (
  INSERT INTO journal (organization_id, session_id, first_sequence, last_sequence, event_ms, events)
  SELECT s.organization_id, s.id, 1, 1, now_ms, $18 FROM s, clock
)
SELECT ${sessionColumns}, 'started' AS status FROM s`,
    values: [
      session.id, session.organization_id, session.workspace_id, harness_id, session.owner_principal_id, agent_id, session.title,
      session.locale, model_id, JSON.stringify(session.tags), JSON.stringify(session.capabilities), JSON.stringify(session.tools),
      session.system_prompt, session.max_iterations, session.parallel_tool_calls, toJson(session.hints), session.when_busy,
      encodeEvents([started]), JSON.stringify(session.mcpServers), session.mcp_headers_sealed,
    ],
  })
  return { ...rows[0]!, usage: noUsage }
}

export async function readSession(db: Database, organizationId: string, sessionId: string): Promise<Session | null> {
  const { rows } = await db.query<SessionRow>({
    name: 'read_session',
    text: `/* readSession */
SELECT ${sessionColumns}, ${sessionStatus} AS status, ${sessionUsed} AS used
FROM sessions s JOIN session_heads h ON h.session_id = s.id
WHERE s.organization_id = $1 AND s.id = $2 AND h.deleted_at IS NULL`,
    values: [organizationId, sessionId],
  })
  return rows[0] ? showSession(rows[0]) : null
}

export interface SessionTip {
  /** The latest sequence. */
  last_sequence: number
  /** The first sequence that is still stored. */
  oldest_sequence: number
  /** How many streams its organization may have open at once; null: no limit. */
  streams_open_max: number | null
  /** Of them, those that other processes have last told of; 0 where there is no limit. */
  streams_elsewhere: number
}

/**
 * What a stream needs to know before it starts, in a process that counts streams under this id; null when the session is
 * not there for this organization.
 */
export async function readSessionTip(db: Database, organizationId: string, sessionId: string, processId = ''): Promise<SessionTip | null> {
  const { rows } = await db.query<SessionTip>({
    name: 'read_session_tip',
    text: `/* readSessionTip */
SELECT h.last_sequence,
  coalesce((SELECT j.first_sequence FROM journal j WHERE j.session_id = h.session_id ORDER BY j.last_sequence LIMIT 1), h.last_sequence + 1) AS oldest_sequence,
  o.streams_open_max, CASE WHEN o.streams_open_max IS NULL THEN 0 ELSE streams_open_elsewhere(o.id, $3) END AS streams_elsewhere
FROM session_heads h JOIN organizations o ON o.id = h.organization_id
WHERE h.organization_id = $1 AND h.session_id = $2 AND h.deleted_at IS NULL`,
    values: [organizationId, sessionId, processId],
  })
  return rows[0] ?? null
}

/** Everything that decides how a message of a session is answered. */
export interface TurnSettings {
  session_id: string
  agent_id: string | null
  harness_id: string
  when_busy: CreateSessionRequest['when_busy']
  system_prompt: string | null
  capabilities: CapabilityRef[]
  tools: ToolDefinition[]
  mcp_servers: McpServers
  max_iterations: number | null
  parallel_tool_calls: boolean | null
  status: SessionStatus
  /** How many turns its organization may run at once; null: no limit. */
  turns_running_max: number | null
  /** The model asked for, else the session's, else the agent's, else the organization's; null when it cannot answer. */
  model: TurnModel | null
}

export interface TurnModel {
  id: string
  model: string
  provider_id: string
  provider_type: string
  /** Rises with every change of the provider. */
  provider_version: number
  context_window: number
  /** Null: not known. */
  max_output_tokens: number | null
  supports_images: boolean
  supports_tools: boolean
  /** A prompt that is too long is made shorter; else its turn fails. */
  compaction: boolean
  prices: ModelPrices | null
}

export interface TurnSettingsQuery {
  organization_id: string
  session_id: string
  /** From the message's controls. */
  model_id: string | null
}

/** Reads the settings of many sessions at once, in the order asked; null for a session that is not there. */
export async function readTurnSettings(db: Database, asked: readonly TurnSettingsQuery[]): Promise<(TurnSettings | null)[]> {
  const { rows } = await db.query<{ position: number; settings: TurnSettings | null }>({
    name: 'read_turn_settings',
    text: `/* readTurnSettings */
SELECT asked.position::integer AS position, CASE WHEN s.id IS NOT NULL THEN json_build_object(
  'session_id', s.id,
  'agent_id', s.agent_id,
  'harness_id', s.harness_id,
  'when_busy', coalesce(s.when_busy, a.when_busy),
  'system_prompt', concat_ws(E'\\n\\n', a.system_prompt, s.system_prompt),
  'capabilities', CASE WHEN json_array_length(s.capabilities) > 0 THEN s.capabilities ELSE coalesce(a.capabilities, '[]') END,
  'tools', CASE WHEN json_array_length(s.tools) > 0 THEN s.tools ELSE coalesce(a.tools, '[]') END,
  'mcp_servers', CASE WHEN s.mcp_servers::text <> '{}' THEN s.mcp_servers ELSE coalesce(a.mcp_servers, '{}') END,
  'max_iterations', coalesce(s.max_iterations, a.max_iterations),
  'parallel_tool_calls', coalesce(s.parallel_tool_calls, a.parallel_tool_calls),
  'turns_running_max', o.turns_running_max,
  'model', CASE WHEN m.id IS NOT NULL THEN ${turnModelJson} END
) END AS settings
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked(organization_id, session_id, model_id, position)
LEFT JOIN session_heads h ON h.session_id = asked.session_id AND h.organization_id = asked.organization_id AND h.deleted_at IS NULL
LEFT JOIN sessions s ON s.organization_id = h.organization_id AND s.id = h.session_id
LEFT JOIN agents a ON a.organization_id = s.organization_id AND a.id = s.agent_id
LEFT JOIN organizations o ON o.id = s.organization_id
LEFT JOIN models m ON m.organization_id = s.organization_id AND m.enabled
  AND m.id = coalesce(asked.model_id, s.model_id, a.default_model_id, o.default_model_id)
LEFT JOIN providers p ON p.organization_id = m.organization_id AND p.id = m.provider_id
ORDER BY asked.position`,
    values: [asked.map((query) => query.organization_id), asked.map((query) => query.session_id), asked.map((query) => query.model_id)],
  })
  return rows.map((row) => row.settings)
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

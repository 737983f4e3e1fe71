import type { ApprovalDecision, CapabilityRef, EffectsMode, McpServers, ReasoningEffort, ToolDefinition, TurnStatus } from '@reprise/contract'
import { createHash } from 'node:crypto'
import type { Database } from '../database.ts'
import type { CancelReason } from '../journal/append.ts'
import type { TurnModel } from './sessions.ts'
import { turnModelJson } from './turn-model.ts'

/** What a turn is told at its start and keeps to its end, whatever becomes of its agent and session meanwhile. */
export interface TurnDefinition {
  agent_id: string | null
  harness_id: string
  system_prompt: string | null
  capabilities: CapabilityRef[]
  tools: ToolDefinition[]
  /** Left out where there are none. In place of a header's value stands a mark. */
  mcp_servers?: McpServers
  max_iterations: number
  parallel_tool_calls: boolean
}

export interface StoredTurn {
  organization_id: string
  session_id: string
  id: string
  ordinal: number
  status: TurnStatus
  /** How often a process died while it ran this turn, since the turn last came further. */
  recoveries: number
  /** Of the current step, from 1. */
  attempt: number
  /** How long the current step still has to wait before that attempt. */
  retry_in_ms: number
  retry_of: string | null
  input_message_id: string
  input_sequence: number
  error_disclosure: string | null
  reasoning_effort: ReasoningEffort | null
  model: TurnModel
  definition: TurnDefinition
  created_at: string
  /** The fence, from the session's head. Null when the turn is not the active one. */
  epoch: number | null
  checkpoint_number: number | null
  pending_steers: number
  cancel_requested: CancelReason | null
}

/** Everything needed to take a turn up where it stands. */
export async function readTurn(db: Database, organizationId: string, turnId: string): Promise<StoredTurn | null> {
  const { rows } = await db.query<StoredTurn>({
    name: 'read_turn',
    text: `/* readTurn */
SELECT t.organization_id, t.session_id, t.id, t.ordinal, t.status, t.recoveries, t.attempt, t.retry_of, t.input_message_id, t.input_sequence,
  greatest(0, ceil(extract(epoch FROM t.retry_at - clock_timestamp()) * 1000))::integer AS retry_in_ms,
  t.error_disclosure, t.reasoning_effort, t.created_at,
  d.definition, h.epoch, h.checkpoint_number, coalesce(h.pending_steers, 0) AS pending_steers, h.cancel_requested,
  ${turnModelJson} AS model
FROM turns t
JOIN definitions d ON d.organization_id = t.organization_id AND d.sha256 = t.definition_sha256
JOIN models m ON m.organization_id = t.organization_id AND m.id = t.model_id
JOIN providers p ON p.organization_id = m.organization_id AND p.id = m.provider_id
LEFT JOIN session_heads h ON h.session_id = t.session_id AND h.active_turn_id = t.id
WHERE t.organization_id = $1 AND t.id = $2`,
    values: [organizationId, turnId],
  })
  return rows[0] ?? null
}

export interface OpenToolCall {
  id: string
  position: number
  name: string
  arguments: unknown
  effects: EffectsMode
  attempt: number
  /** Whether it may run, for a tool that needs approval; null for any other. */
  decision: ApprovalDecision | 'required' | null
  /** It has been put to its caller or to an approver. */
  was_asked: boolean
  /** They had so long to answer, and did not. */
  is_expired: boolean
}

/** The intents of a turn that have no result yet. */
export async function readOpenToolCalls(db: Database, organizationId: string, sessionId: string, turnId: string): Promise<OpenToolCall[]> {
  const { rows } = await db.query<OpenToolCall>({
    name: 'read_open_tool_calls',
    text: `/* readOpenToolCalls */
SELECT id, position, name, arguments, effects, attempt, decision,
  deadline_at IS NOT NULL OR coalesce(decision IN ('approve', 'deny'), false) AS was_asked, coalesce(deadline_at <= clock_timestamp(), false) AS is_expired FROM tool_calls
WHERE organization_id = $1 AND session_id = $2 AND turn_id = $3 AND closed_by IS NULL ORDER BY position`,
    values: [organizationId, sessionId, turnId],
  })
  return rows
}

/** Keeps definitions by their content, and remembers which the database has: a turn that shares one costs nothing. */
export class Definitions {
  /** When each was last kept, by organization and hash: a text may be a megabyte. */
  readonly #keptAt = new Map<string, number>()

  /** Answers the hash under which the definition is stored. */
  async keep(db: Database, organizationId: string, definition: TurnDefinition): Promise<string> {
    const text = JSON.stringify(definition)
    const sha256 = createHash('sha256').update(text).digest('hex')
    const name = organizationId + sha256
    if (performance.now() - (this.#keptAt.get(name) ?? -Infinity) < keptForMs) return sha256
    await db.query({
      name: 'insert_definition',
      text: `/* insertDefinition */
INSERT INTO definitions (organization_id, sha256, definition) VALUES ($1, $2, $3)
ON CONFLICT (organization_id, sha256) DO UPDATE SET kept_at = clock_timestamp()`,
      values: [organizationId, sha256, text],
    })
    if (this.#keptAt.size >= definitionsRememberedMax) this.#keptAt.clear()
    this.#keptAt.set(name, performance.now())
    return sha256
  }
}

const definitionsRememberedMax = 1_000
/** Far less than a definition that no turn has is left alone for: one that is remembered somewhere is there. */
const keptForMs = 3_600_000

/** Deletes the definitions that no turn has and no process may remember. Reads every turn once: for quiet hours. */
export async function deleteUnusedDefinitions(db: Database): Promise<number> {
  const { rowCount } = await db.query({
    text: `/* deleteUnusedDefinitions */
DELETE FROM definitions d
WHERE d.kept_at < clock_timestamp() - interval '1 day'
  AND NOT EXISTS (SELECT FROM turns t WHERE t.organization_id = d.organization_id AND t.definition_sha256 = d.sha256)`,
  })
  return rowCount ?? 0
}

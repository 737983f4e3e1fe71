/** What every statement that answers with sessions has in common, where `s` is the session and `h` its head. */
import type { Session, Usage } from '@reprise/contract'
import { showUsage, type UsageTotals } from '../journal/sum-used.ts'

export const sessionColumns = `s.id, s.organization_id, s.workspace_id, s.harness_id, s.owner_principal_id, s.agent_id, s.title, s.locale,
  s.model_id, s.tags, s.capabilities, s.tools, s.system_prompt, s.max_iterations, s.parallel_tool_calls, s.hints, s.when_busy,
  s.pinned_at IS NOT NULL AS is_pinned, s.created_at, s.updated_at, s.mcp_servers AS "mcpServers"`

// A status is never stored: the head says it.
export const sessionStatus = `CASE
    WHEN h.active_status = 'parked' THEN 'waitingfortoolresults'
    WHEN h.active_status IS NOT NULL THEN 'active'
    WHEN h.last_ordinal = 0 THEN 'started'
    ELSE 'idle'
  END`

export const sessionUsed = `json_strip_nulls(to_json(h.usage))`

/** A session as its columns come back. */
export type SessionRow = Omit<Session, 'usage'> & { used: UsageTotals | null }

export const noUsage: Usage = { input_tokens: 0, output_tokens: 0 }

export function showSession({ used, ...session }: SessionRow): Session {
  return { ...session, usage: used ? showUsage(used) : noUsage }
}

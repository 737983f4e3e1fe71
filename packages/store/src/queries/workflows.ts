import { isKept } from './read-events.ts'
import type { TurnStatus, Workflow } from '@reprise/contract'
import type { Database } from '../database.ts'
import type { Page } from './page.ts'
import { isOfSession, shownError } from './shown-turns.ts'

export interface WorkflowFilter {
  organization_id: string
  /** Null: turns of every status. */
  status: TurnStatus | null
}

const columns = `t.id, t.session_id, t.status, t.input_message_id, t.input_sequence, t.model_id, t.worker_id, t.attempt, t.recoveries,
  t.retry_of, t.retry_at, t.wake_at, t.error_code, ${shownError}, t.created_at, t.ended_at`

const isWanted = `t.organization_id = $1 AND ($2::text IS NULL OR t.status = $2) AND ${isOfSession}`

/** Newest first. */
export async function listWorkflows(db: Database, { organization_id, status }: WorkflowFilter, { offset, limit }: Page): Promise<Workflow[]> {
  const { rows } = await db.query<Workflow>({
    name: 'list_workflows',
    text: `/* listWorkflows */ SELECT ${columns} FROM turns t WHERE ${isWanted} ORDER BY t.created_at DESC, t.id DESC OFFSET $3::bigint LIMIT $4`,
    values: [organization_id, status, offset, limit],
  })
  return rows
}

export async function countWorkflows(db: Database, { organization_id, status }: WorkflowFilter): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    name: 'count_workflows',
    text: `/* countWorkflows */ SELECT count(*) AS total FROM turns t WHERE ${isWanted}`,
    values: [organization_id, status],
  })
  return rows[0]!.total
}

export async function readWorkflow(db: Database, organizationId: string, turnId: string): Promise<Workflow | null> {
  const { rows } = await db.query<Workflow>({
    name: 'read_workflow',
    text: `/* readWorkflow */ SELECT ${columns} FROM turns t WHERE t.organization_id = $1 AND t.id = $2 AND ${isOfSession}`,
    values: [organizationId, turnId],
  })
  return rows[0] ?? null
}

/** Costs what the session has said since the turn's message. */
export async function countWorkflowEvents(db: Database, organizationId: string, { id, session_id, input_sequence }: Workflow): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    name: 'count_workflow_events',
    text: `/* countWorkflowEvents */
SELECT count(*)::integer AS total FROM journal j, json_array_elements(j.events) AS e(event)
WHERE ${isKept} AND j.organization_id = $1 AND j.session_id = $2 AND j.turn_id = $3 AND j.last_sequence >= $4::bigint`,
    values: [organizationId, session_id, id, input_sequence],
  })
  return rows[0]!.total
}

/**
 * Copies a session as it was at one of its sequences.
 *
 * F1  All of it is read in one snapshot and written in one transaction, and nothing of the source is locked: what is
 *     committed of it does not change any more, and its turn runs on meanwhile.
 * F2  Only committed messages are copied, from table to table. The turn that was under way is over in the fork, and each
 *     of its open calls has a result that says so.
 * F3  No event is copied. The fork's first has sequence 1 and comes before every message; what follows goes on after the
 *     last one. Between them is a hole.
 */
import { newId, type Session } from '@reprise/contract'
import { inTransaction, type DatabasePool, type Transaction } from '../database.ts'
import { noUsage, sessionColumns, sessionStatus, type SessionRow } from '../queries/session-record.ts'
import { closeOpenCalls, copyImages, copyMessages, copyResultValues, copyToolCalls, copyTurns, type ForkCopy } from './copy-past.ts'
import { readForkPoint } from './read-fork-point.ts'

export interface ForkOrder {
  organization_id: string
  session_id: string
  /** Null: the latest. */
  at_sequence: number | null
  /** Null: the source's. */
  title: string | null
}

export type ForkResult = { outcome: 'forked'; session: Session } | { outcome: 'session_not_found' } | { outcome: 'beyond_end'; last_sequence: number }

export async function forkSession(pool: DatabasePool, order: ForkOrder): Promise<ForkResult> {
  try {
    return await forkOnce(pool, order)
  } catch (error) {
    // An image of the source is gone since the snapshot, and so is the source: the next look says it.
    if (hasLostRow.has((error as { code?: unknown }).code)) return await forkOnce(pool, order) // pg puts SQLSTATE on its errors
    throw error
  }
}

/** A row that a foreign key asks for was deleted: before it asked, or while it waited for the row. */
const hasLostRow: ReadonlySet<unknown> = new Set(['23503', '40001'])

async function forkOnce(pool: DatabasePool, { organization_id, session_id, at_sequence, title }: ForkOrder): Promise<ForkResult> {
  return await inTransaction(pool, async (transaction, complete) => {
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    const point = await readForkPoint(transaction, organization_id, session_id, at_sequence)
    if (!point) return { outcome: 'session_not_found' }
    if (point.at_sequence > point.last_sequence) return { outcome: 'beyond_end', last_sequence: point.last_sequence }
    const copy = { ...point, organization_id, source_id: session_id, fork_id: newId('session') }
    await copyTurns(transaction, copy)
    await copyMessages(transaction, copy)
    const closed = await closeOpenCalls(transaction, copy)
    await copyToolCalls(transaction, copy)
    await copyImages(transaction, copy)
    await copyResultValues(transaction, copy)
    const session = await insertFork(transaction, copy, point.at_sequence + closed, title)
    await complete()
    return { outcome: 'forked', session }
  })
}

async function insertFork(transaction: Transaction, { organization_id, source_id, fork_id }: ForkCopy, lastSequence: number, title: string | null): Promise<Session> {
  const { rows } = await transaction.query<Omit<SessionRow, 'used'>>({
    name: 'insert_fork',
    text: `/* insertFork */
WITH clock AS (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms),
s AS (
  INSERT INTO sessions (
    id, organization_id, workspace_id, harness_id, owner_principal_id, agent_id, title, locale, model_id, tags, capabilities,
    tools, system_prompt, max_iterations, parallel_tool_calls, hints, when_busy, created_at, updated_at, mcp_servers, mcp_headers_sealed
  )
  SELECT $3, o.organization_id, o.workspace_id, o.harness_id, o.owner_principal_id, o.agent_id, coalesce($5, o.title), o.locale, o.model_id,
    o.tags, o.capabilities, o.tools, o.system_prompt, o.max_iterations, o.parallel_tool_calls, o.hints, o.when_busy,
    to_timestamp(now_ms / 1000.0), to_timestamp(now_ms / 1000.0), o.mcp_servers, o.mcp_headers_sealed
  FROM sessions o, clock WHERE o.organization_id = $1 AND o.id = $2
  RETURNING *
),
h AS (
  INSERT INTO session_heads (session_id, organization_id, last_sequence, last_event_ms, last_ordinal)
  SELECT s.id, s.organization_id, $4, now_ms, coalesce((SELECT max(t.ordinal) FROM turns t WHERE t.session_id = s.id), 0) FROM s, clock
  RETURNING *
),
j AS (
  INSERT INTO journal (organization_id, session_id, first_sequence, last_sequence, event_ms, events)
  SELECT s.organization_id, s.id, 1, 1, now_ms, json_build_array(json_build_object('type', 'session.started', 'data', json_build_object(
    'harness_id', s.harness_id, 'agent_id', s.agent_id, 'model_id', s.model_id, 'forked_from', $2
  )))
  FROM s, clock
)
SELECT ${sessionColumns}, ${sessionStatus} AS status FROM s, h`,
    values: [organization_id, source_id, fork_id, lastSequence, title],
  })
  return { ...rows[0]!, usage: noUsage }
}

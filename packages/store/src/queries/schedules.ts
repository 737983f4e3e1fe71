import type { Schedule } from '@reprise/contract'
import type { Database, Transaction } from '../database.ts'
import type { Page } from './page.ts'

const columns = `s.id, s.organization_id, s.session_id, s.name, s.message, s.controls, s.metadata, s.tags, s.cron, s.at, s.timezone,
  s.enabled, s.next_fire_at, s.last_fired_at, s.last_message_id, s.last_error, s.created_at, s.updated_at`

/** What a caller decides about a schedule, and when it fires next. */
export type ScheduleSettings = Pick<Schedule, 'name' | 'message' | 'controls' | 'metadata' | 'tags' | 'cron' | 'at' | 'timezone' | 'enabled' | 'next_fire_at'>
export type NewSchedule = ScheduleSettings & Pick<Schedule, 'id' | 'organization_id' | 'session_id'>

export type InsertScheduleOutcome = { outcome: 'inserted'; schedule: Schedule } | { outcome: 'session_not_found' | 'too_many' }

/** Stores a schedule. The organization's row is locked, so that two at once do not pass its limit; the head, so that no session is deleted meanwhile. */
export async function insertSchedule(transaction: Transaction, schedule: NewSchedule, schedulesMax: number): Promise<InsertScheduleOutcome> {
  const { organization_id, session_id } = schedule
  await transaction.query({ text: '/* lockOrganization */ SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE', values: [organization_id] })
  const session = await transaction.query({
    text: '/* lockHead */ SELECT FROM session_heads WHERE organization_id = $1 AND session_id = $2 AND deleted_at IS NULL FOR SHARE',
    values: [organization_id, session_id],
  })
  if (session.rows.length === 0) return { outcome: 'session_not_found' }
  const { rows } = await transaction.query<Schedule>({
    text: `/* insertSchedule */
INSERT INTO schedules AS s (organization_id, id, session_id, name, message, controls, metadata, tags, cron, at, timezone, enabled, next_fire_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
WHERE (SELECT count(*) FROM schedules WHERE organization_id = $1) < $14
RETURNING ${columns}`,
    values: [organization_id, schedule.id, session_id, ...writeSettings(schedule), schedulesMax],
  })
  return rows[0] ? { outcome: 'inserted', schedule: rows[0] } : { outcome: 'too_many' }
}

/** Changes a schedule as it was read; null when it has changed since, or is gone. One that is not timed anew fires when it would have. */
export async function updateSchedule(transaction: Transaction, before: Schedule, settings: ScheduleSettings, isTimedAnew: boolean): Promise<Schedule | null> {
  const { rows } = await transaction.query<Schedule>({
    text: `/* updateSchedule */
UPDATE schedules s SET name = $4, message = $5, controls = $6, metadata = $7, tags = $8, cron = $9, at = $10, timezone = $11, enabled = $12,
  next_fire_at = CASE WHEN $14 THEN $13::timestamptz ELSE s.next_fire_at END, updated_at = clock_timestamp()
WHERE s.organization_id = $1 AND s.id = $2 AND date_trunc('milliseconds', s.updated_at) = $3::timestamptz
RETURNING ${columns}`,
    values: [before.organization_id, before.id, before.updated_at, ...writeSettings(settings), isTimedAnew],
  })
  return rows[0] ?? null
}

export async function readSchedule(db: Database, organizationId: string, scheduleId: string): Promise<Schedule | null> {
  const { rows } = await db.query<Schedule>({
    name: 'read_schedule',
    text: `/* readSchedule */ SELECT ${columns} FROM schedules s WHERE s.organization_id = $1 AND s.id = $2`,
    values: [organizationId, scheduleId],
  })
  return rows[0] ?? null
}

/** Newest first. */
export async function listSchedules(db: Database, organizationId: string, sessionId: string | null, { offset, limit }: Page): Promise<Schedule[]> {
  const { rows } = await db.query<Schedule>({
    text: `/* listSchedules */
SELECT ${columns} FROM schedules s WHERE s.organization_id = $1 AND ($2::text IS NULL OR s.session_id = $2)
ORDER BY s.created_at DESC, s.id DESC OFFSET $3::bigint LIMIT $4`,
    values: [organizationId, sessionId, offset, limit],
  })
  return rows
}

export async function countSchedules(db: Database, organizationId: string, sessionId: string | null): Promise<number> {
  const { rows } = await db.query<{ total: number }>({
    text: `/* countSchedules */ SELECT count(*) AS total FROM schedules WHERE organization_id = $1 AND ($2::text IS NULL OR session_id = $2)`,
    values: [organizationId, sessionId],
  })
  return rows[0]!.total
}

export async function deleteSchedule(db: Database, organizationId: string, scheduleId: string): Promise<boolean> {
  const { rowCount } = await db.query({
    text: '/* deleteSchedule */ DELETE FROM schedules WHERE organization_id = $1 AND id = $2',
    values: [organizationId, scheduleId],
  })
  return rowCount === 1
}

export interface ScheduleAddress {
  organization_id: string
  schedule_id: string
}

/** A schedule that is due, and the database's time by which it is; null when it is not. */
export async function readDueSchedule(db: Database, { organization_id, schedule_id }: ScheduleAddress): Promise<(Schedule & { now: string }) | null> {
  const { rows } = await db.query<Schedule & { now: string }>({
    name: 'read_due_schedule',
    text: `/* readDueSchedule */
SELECT ${columns}, clock_timestamp() AS now FROM schedules s
WHERE s.organization_id = $1 AND s.id = $2 AND s.next_fire_at <= clock_timestamp()`,
    values: [organization_id, schedule_id],
  })
  return rows[0] ?? null
}

/** Schedules that have been due for so long that their order must have been lost. */
export async function listOverdueSchedules(db: Database, overdueSeconds: number, limit: number): Promise<ScheduleAddress[]> {
  const { rows } = await db.query<ScheduleAddress>({
    text: `/* listOverdueSchedules */
SELECT organization_id, id AS schedule_id FROM schedules
WHERE next_fire_at < clock_timestamp() - make_interval(secs => $1) ORDER BY next_fire_at LIMIT $2`,
    values: [overdueSeconds, limit],
  })
  return rows
}

export interface Fire {
  fired_at: string
  next_fire_at: string | null
  message_id: string | null
  error: Schedule['last_error']
}

/** Notes how a due schedule has fired; false when somebody else did, or it was changed meanwhile. */
export async function recordFire(transaction: Transaction, due: Schedule, fire: Fire): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: 'record_fire',
    text: `/* recordFire */
UPDATE schedules SET last_fired_at = $4, next_fire_at = $5, last_message_id = coalesce($6, last_message_id), last_error = $7
WHERE organization_id = $1 AND id = $2 AND date_trunc('milliseconds', next_fire_at) = $3::timestamptz`,
    values: [due.organization_id, due.id, due.next_fire_at, fire.fired_at, fire.next_fire_at, fire.message_id, toJson(fire.error)],
  })
  return rowCount === 1
}

function writeSettings(settings: ScheduleSettings): unknown[] {
  const { name, message, controls, metadata, tags, cron, at, timezone, enabled, next_fire_at } = settings
  return [name, toJson(message), toJson(controls), toJson(metadata), toJson(tags), cron, at, timezone, enabled, next_fire_at]
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

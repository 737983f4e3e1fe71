import type { Database } from '../database.ts'

/** What a process says of the requests of one key, or of an organization that is called without one. */
export interface AllowanceRequest {
  organization_id: string
  /** The key's id, or the organization's. */
  subject_id: string
  /** In one window, over all processes. */
  requests_max: number
  /** What was counted, was counted in this window. */
  window_number: number
  /** Accepted before they were granted. */
  owed: number
  /** Granted, and not needed any more. */
  returned: number
  wanted: number
}

export interface Grant {
  subject_id: string
  granted: number
  /** What no process holds or has used. */
  left: number
}

export interface StreamCount {
  organization_id: string
  /** 0: the last one was closed. */
  streams_open: number
}

export interface LimitsExchange {
  process_id: string
  window_ms: number
  requests: AllowanceRequest[]
  streams: StreamCount[]
}

export interface ExchangedLimits {
  /** The database's clock. */
  now_ms: number
  /** The window that is current by it, and that the grants are for. */
  window_number: number
  /** Those that have exchanged limits within the last seconds, this one included. */
  processes: number
  grants: Grant[]
  /** Streams are open here of an organization with a limit on them. */
  counts_streams: boolean
}

/** Tells what this process has counted, and gets allowances: see migrations/0012_limits.sql. */
export async function exchangeLimits(db: Database, { process_id, window_ms, requests, streams }: LimitsExchange): Promise<ExchangedLimits> {
  const { rows } = await db.query<ExchangedLimits>({
    name: 'exchange_limits',
    text: '/* exchangeLimits */ SELECT * FROM exchange_limits($1, $2, $3, $4)',
    values: [process_id, window_ms, JSON.stringify(requests), JSON.stringify(streams)],
  })
  return rows[0]!
}

/** Forgets a process that stops: its streams count for nobody from then on. */
export async function forgetCounting(db: Database, processId: string): Promise<void> {
  await db.query({
    text: `/* forgetCounting */
WITH streams AS (DELETE FROM open_streams WHERE process_id = $1)
DELETE FROM counting_processes WHERE id = $1`,
    values: [processId],
  })
}

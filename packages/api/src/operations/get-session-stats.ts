import { sessionStatuses, type SessionStats, type SessionStatus } from '@reprise/contract'
import { countSessionsByStatus } from '@reprise/store'
import type { Caller, Services } from '../services.ts'

export async function getSessionStats({ db }: Services, caller: Caller): Promise<SessionStats> {
  const counted = await countSessionsByStatus(db, caller.organization_id)
  const by_status = Object.fromEntries(sessionStatuses.map((status) => [status, counted.get(status) ?? 0])) as Record<SessionStatus, number> // its keys are all of them
  return { total: sessionStatuses.reduce((sum, status) => sum + by_status[status], 0), ...by_status, by_status }
}

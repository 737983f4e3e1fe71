import { setTimeout as pause } from 'node:timers/promises'
import type { Readiness } from '@reprise/api'
import { findOrganizations, seeded, type Database } from '@reprise/store'

const patienceMs = 2_000

/** Whether a request would be served: reads a row that every database has, over the same connections as requests do. */
export async function checkReadiness(db: Database, stopping: AbortSignal): Promise<Readiness> {
  if (stopping.aborted) return { ready: false, checks: { server: 'stopping' } }
  const read = findOrganizations(db, seeded.organization_id).then(
    ([row]) => (row ? 'ok' : 'not seeded'),
    () => 'unavailable',
  )
  const late = new AbortController()
  const database = await Promise.race([read, pause(patienceMs, 'slow', { signal: late.signal }).catch(() => 'slow')])
  late.abort()
  return { ready: database === 'ok', checks: { database } }
}

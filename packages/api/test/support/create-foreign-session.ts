import { insertSession, makeSeededSession } from '@reprise/store'
import type pg from 'pg'

/** Another organization than the one that every caller belongs to. */
export const foreignOrganizationId = `org_${'f'.repeat(32)}`

export async function createForeignSession(pool: pg.Pool): Promise<string> {
  await pool.query(`INSERT INTO organizations (id, name) VALUES ($1, 'Other') ON CONFLICT DO NOTHING`, [foreignOrganizationId])
  return (await insertSession(pool, makeSeededSession({ organization_id: foreignOrganizationId, agent_id: null }))).id
}

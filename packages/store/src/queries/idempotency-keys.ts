import type { Database } from '../database.ts'

/** What a key has stored. */
export interface AcceptedBefore {
  body_sha256: string
  message_sequence: number
}

export async function readAcceptedBefore(db: Database, organizationId: string, sessionId: string, key: string): Promise<AcceptedBefore | null> {
  const { rows } = await db.query<AcceptedBefore>({
    name: 'read_accepted_before',
    text: `/* readAcceptedBefore */
SELECT body_sha256, message_sequence FROM idempotency_keys WHERE organization_id = $1 AND session_id = $2 AND key = $3`,
    values: [organizationId, sessionId, key],
  })
  return rows[0] ?? null
}

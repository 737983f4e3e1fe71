import { randomBytes } from 'node:crypto'
import type { Database } from '../database.ts'

const secretBytes = 32

/** The secret that signs what an organization's webhooks get, in the form of Standard Webhooks; made when first asked for. */
export async function keepWebhookSecret(db: Database, organizationId: string): Promise<string> {
  const fresh = `whsec_${randomBytes(secretBytes).toString('base64')}`
  const { rows } = await db.query<{ webhook_secret: string }>({
    text: `/* keepWebhookSecret */
WITH made AS (UPDATE organizations SET webhook_secret = $2 WHERE id = $1 AND webhook_secret IS NULL RETURNING webhook_secret)
SELECT webhook_secret FROM made
UNION ALL
SELECT webhook_secret FROM organizations WHERE id = $1 AND webhook_secret IS NOT NULL`,
    values: [organizationId, fresh],
  })
  // Another process may have made it between the statement's snapshot and its update.
  if (!rows[0]) return await keepWebhookSecret(db, organizationId)
  return rows[0].webhook_secret
}

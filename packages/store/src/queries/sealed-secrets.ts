import type { Database } from '../database.ts'

/** A secret as it is stored, and the row that holds it. */
export interface SealedSecret {
  holder: 'provider' | 'agent' | 'session' | 'webhook'
  organization_id: string
  id: string
  sealed: Uint8Array
}

/** Of all organizations: for the change of the key that seals them. */
export async function listSealedSecrets(db: Database): Promise<SealedSecret[]> {
  const { rows } = await db.query<SealedSecret>(`/* listSealedSecrets */
SELECT 'provider' AS holder, organization_id, id, api_key_ciphertext AS sealed FROM providers WHERE api_key_ciphertext IS NOT NULL
UNION ALL
SELECT 'agent', organization_id, id, mcp_headers_sealed FROM agents WHERE mcp_headers_sealed IS NOT NULL
UNION ALL
SELECT 'session', organization_id, id, mcp_headers_sealed FROM sessions WHERE mcp_headers_sealed IS NOT NULL
UNION ALL
SELECT 'webhook', organization_id, id, secrets_sealed FROM webhooks`)
  return rows
}

const replacing = {
  provider: `/* replaceProviderSeal */
UPDATE providers SET api_key_ciphertext = $4 WHERE organization_id = $1 AND id = $2 AND api_key_ciphertext = $3`,
  agent: `/* replaceAgentSeal */
UPDATE agents SET mcp_headers_sealed = $4 WHERE organization_id = $1 AND id = $2 AND mcp_headers_sealed = $3`,
  session: `/* replaceSessionSeal */
UPDATE sessions SET mcp_headers_sealed = $4 WHERE organization_id = $1 AND id = $2 AND mcp_headers_sealed = $3`,
  webhook: `/* replaceWebhookSeal */
UPDATE webhooks SET secrets_sealed = $4 WHERE organization_id = $1 AND id = $2 AND secrets_sealed = $3`,
} as const satisfies Record<SealedSecret['holder'], string>

/** Puts a secret sealed anew in the place of the same secret, unless it was changed meanwhile. */
export async function replaceSealedSecret(db: Database, { holder, organization_id, id, sealed }: SealedSecret, sealedAnew: Uint8Array): Promise<void> {
  await db.query({ text: replacing[holder], values: [organization_id, id, sealed, sealedAnew] })
}

import type { Database } from '../database.ts'

/** A provider's key, sealed for its row. */
export interface SealedKey {
  organization_id: string
  provider_id: string
  api_key_ciphertext: Uint8Array
}

/** Of all organizations: for the change of the key that seals them. */
export async function listSealedKeys(db: Database): Promise<SealedKey[]> {
  const { rows } = await db.query<SealedKey>(
    `/* listSealedKeys */ SELECT organization_id, id AS provider_id, api_key_ciphertext FROM providers WHERE api_key_ciphertext IS NOT NULL`,
  )
  return rows
}

/** Puts a key sealed anew in the place of the same key, unless it was changed meanwhile. */
export async function replaceSealedKey(db: Database, { organization_id, provider_id, api_key_ciphertext }: SealedKey, sealedAnew: Uint8Array): Promise<void> {
  await db.query({
    name: 'replace_sealed_key',
    text: `/* replaceSealedKey */
UPDATE providers SET api_key_ciphertext = $4 WHERE organization_id = $1 AND id = $2 AND api_key_ciphertext = $3`,
    values: [organization_id, provider_id, api_key_ciphertext, sealedAnew],
  })
}

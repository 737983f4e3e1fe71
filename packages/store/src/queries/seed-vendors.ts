import type { Database } from '../database.ts'
import { seededVendors, vendorTypes, type VendorType } from '../seeded-vendors.ts'
import { seeded } from './seed.ts'

/**
 * Puts the providers and models of vendors whose keys the environment holds where they are missing. The first of them
 * that can becomes the default while that is still the simulated model; what an operator has changed stays changed.
 */
export async function seedVendors(db: Database, withKey: ReadonlySet<VendorType>): Promise<void> {
  for (const type of vendorTypes) {
    if (!withKey.has(type)) continue
    await seedVendor(db, type)
    await preferToSim(db, seededVendors[type].model_id)
  }
}

async function seedVendor(db: Database, type: VendorType): Promise<void> {
  const { provider_id, name, model_id, model, display_name, context_window, max_output_tokens, prices } = seededVendors[type]
  await db.query({
    text: `/* seedVendor */
WITH provider AS (
  INSERT INTO providers (organization_id, id, type, name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
)
INSERT INTO models (
  organization_id, id, provider_id, model, display_name, context_window, max_output_tokens, supports_images, supports_tools, prices
) VALUES ($1, $5, $2, $6, $7, $8, $9, true, true, $10) ON CONFLICT DO NOTHING`,
    values: [seeded.organization_id, provider_id, type, name, model_id, model, display_name, context_window, max_output_tokens, JSON.stringify(prices)],
  })
}

async function preferToSim(db: Database, modelId: string): Promise<void> {
  await db.query({
    text: `/* preferToSim */
UPDATE organizations o SET default_model_id = m.id
FROM models m WHERE o.id = $1 AND o.default_model_id = $2 AND m.organization_id = o.id AND m.id = $3 AND m.enabled AND m.deleted_at IS NULL`,
    values: [seeded.organization_id, seeded.model_id, modelId],
  })
}

/** True for the providers that the server makes by itself. */
export function isSeededProvider(providerId: string): boolean {
  return providerId === seeded.provider_id || vendorTypes.some((type) => seededVendors[type].provider_id === providerId)
}

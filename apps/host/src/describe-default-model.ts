import type { Engine } from '@reprise/engine'
import { readDefaultModel, readProvider, seeded, seededVendors, type Database, type VendorType } from '@reprise/store'

const settings = Object.values(seededVendors).map(({ setting }) => setting)

/** Which model answers where nobody names one, and with whose key. */
export async function describeDefaultModel(db: Database, keys: Engine['providerKeys']): Promise<string> {
  const model = await readDefaultModel(db, seeded.organization_id)
  const provider = model && (await readProvider(db, seeded.organization_id, model.provider_id))
  if (!provider) return 'none is the default: messages must name one'
  if (provider.provider_type === 'sim') return `${model.display_name} (a script, no model: ${settings.join(' or ')} gives a real one)`
  const name = `${model.display_name} of ${provider.name}`
  if (provider.has_stored_key) return `${name}, with the key that is stored`
  const vendor = seededVendors[provider.provider_type as VendorType] // or any other type, which has none
  if (keys.findEnvironmentKey(provider) !== null) return `${name}, with the key in ${vendor.setting}`
  return vendor && provider.base_url === null ? `${name}, which has no key: start with ${vendor.setting}, or PATCH /v1/providers/${provider.id}` : `${name}, without a key`
}

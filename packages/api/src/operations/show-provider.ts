import type { Provider } from '@reprise/contract'
import { isSeededProvider, type StoredProvider } from '@reprise/store'
import type { Services } from '../services.ts'

/** A provider as callers see it: of its key they learn only that there is one. */
export function showProvider({ engine }: Services, { has_stored_key, version: _version, ...row }: StoredProvider): Provider {
  const { id, organization_id, name, provider_type, base_url, created_at, updated_at } = row
  const api_key_set = has_stored_key || engine.providerKeys.findEnvironmentKey(row) !== null
  return { id, organization_id, name, provider_type, base_url, api_key_set, is_builtin: isSeededProvider(id), created_at, updated_at }
}

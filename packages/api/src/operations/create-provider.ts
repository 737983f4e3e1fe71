import { newId, type CreateProviderRequest, type Provider } from '@reprise/contract'
import { insertProvider } from '@reprise/store'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import { checkProviderSettings, sealKey } from './check-provider.ts'
import { showProvider } from './show-provider.ts'

export async function createProvider(services: Services, caller: Caller, request: CreateProviderRequest): Promise<Provider> {
  requireAdmin(caller)
  const { name, provider_type, base_url = null, api_key = null } = request
  const settings = { provider_type, base_url }
  checkProviderSettings(services, settings)
  const row = { organization_id: caller.organization_id, id: newId('provider') }
  const api_key_ciphertext = sealKey(services, api_key, row, settings)
  return showProvider(services, await insertProvider(services.db, { ...row, name, ...settings, api_key_ciphertext }))
}

import { ids, updateProviderRequest, type Provider } from '@reprise/contract'
import { updateProvider as writeProvider, type StoredProvider } from '@reprise/store'
import { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import { checkProviderSettings, sealKey } from './check-provider.ts'
import { findProvider } from './get-provider.ts'
import { retryWhileStale } from './retry-while-stale.ts'
import { showProvider } from './show-provider.ts'

export const updateProviderInput = z.object({ provider_id: ids.provider, ...updateProviderRequest.shape })

export async function updateProvider(services: Services, caller: Caller, input: z.output<typeof updateProviderInput>): Promise<Provider> {
  requireAdmin(caller)
  const updated = await retryWhileStale('The provider is being changed by many others', async () =>
    changeOnce(services, await findProvider(services, caller, input.provider_id), input),
  )
  return showProvider(services, updated)
}

/** Null when somebody else has changed it meanwhile: a key must never end up with an address that it was not meant for. */
async function changeOnce(services: Services, provider: StoredProvider, input: z.output<typeof updateProviderInput>): Promise<StoredProvider | null> {
  const { organization_id, id, version } = provider
  const { name = provider.name, provider_type = provider.provider_type, base_url = provider.base_url, api_key } = input
  const settings = { provider_type, base_url }
  checkProviderSettings(services, settings)
  const isElsewhere = provider_type !== provider.provider_type || base_url !== provider.base_url
  const keptOrGone = isElsewhere ? null : undefined
  const api_key_ciphertext = api_key === undefined ? keptOrGone : sealKey(services, api_key, provider, settings)
  return await writeProvider(services.db, { organization_id, id, version, name, ...settings, api_key_ciphertext })
}

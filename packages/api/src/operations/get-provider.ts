import { AppError, ids, type Provider } from '@reprise/contract'
import { readProvider, type StoredProvider } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { showProvider } from './show-provider.ts'

export const getProviderInput = z.object({ provider_id: ids.provider })

export async function getProvider(services: Services, caller: Caller, { provider_id }: z.output<typeof getProviderInput>): Promise<Provider> {
  return showProvider(services, await findProvider(services, caller, provider_id))
}

/** Providers that are not there, deleted or another organization's are one to the caller. */
export async function findProvider({ db }: Services, caller: Caller, providerId: string): Promise<StoredProvider> {
  const provider = await readProvider(db, caller.organization_id, providerId)
  if (!provider) throw new AppError('provider_not_found')
  return provider
}

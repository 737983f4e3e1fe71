import { ids, type Model } from '@reprise/contract'
import { listModels as readModels } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { findProvider } from './get-provider.ts'

export const listModelsInput = z.object({ provider_id: ids.provider.optional() })

/** All models, or those of one provider. */
export async function listModels(services: Services, caller: Caller, { provider_id }: z.output<typeof listModelsInput> = {}): Promise<Model[]> {
  if (provider_id !== undefined) await findProvider(services, caller, provider_id)
  return await readModels(services.db, caller.organization_id, provider_id)
}

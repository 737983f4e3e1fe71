import { AppError } from '@reprise/contract'
import { deleteProvider as removeProvider } from '@reprise/store'
import type { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import type { getProviderInput } from './get-provider.ts'

/** Its key is gone with it. */
export async function deleteProvider({ db }: Services, caller: Caller, { provider_id }: z.output<typeof getProviderInput>): Promise<void> {
  requireAdmin(caller)
  const outcome = await removeProvider(db, caller.organization_id, provider_id)
  if (outcome === 'not_found') throw new AppError('provider_not_found')
  if (outcome === 'in_use') throw new AppError('provider_in_use', { message: 'The provider has models: delete them first' })
}

import type { Provider } from '@reprise/contract'
import { countProviders, listProviders as readProviders } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { Page, pageInput } from './page.ts'
import { showProvider } from './show-provider.ts'

export async function listProviders(services: Services, caller: Caller, { offset, limit }: z.output<typeof pageInput>): Promise<Page<Provider>> {
  const { db } = services
  const [rows, total] = await Promise.all([readProviders(db, caller.organization_id, { offset, limit }), countProviders(db, caller.organization_id)])
  return { data: rows.map((row) => showProvider(services, row)), total, offset, limit }
}

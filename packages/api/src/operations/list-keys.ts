import type { Key } from '@reprise/contract'
import { countKeys, listKeys as readKeys } from '@reprise/store'
import type { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import type { Page, pageInput } from './page.ts'

export async function listKeys({ db }: Services, caller: Caller, { offset, limit }: z.output<typeof pageInput>): Promise<Page<Key>> {
  requireAdmin(caller)
  const [data, total] = await Promise.all([readKeys(db, caller.organization_id, { offset, limit }), countKeys(db, caller.organization_id)])
  return { data, total, offset, limit }
}

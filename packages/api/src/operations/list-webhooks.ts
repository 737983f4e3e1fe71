import type { Webhook } from '@reprise/contract'
import { countWebhooks, listWebhooks as readWebhooks } from '@reprise/store'
import type { z } from 'zod'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import type { Page, pageInput } from './page.ts'

export async function listWebhooks({ db }: Services, caller: Caller, { offset, limit }: z.output<typeof pageInput>): Promise<Page<Webhook>> {
  requireAdmin(caller)
  const [data, total] = await Promise.all([readWebhooks(db, caller.organization_id, { offset, limit }), countWebhooks(db, caller.organization_id)])
  return { data, total, offset, limit }
}

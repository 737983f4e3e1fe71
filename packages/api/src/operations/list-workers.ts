import type { Worker } from '@reprise/contract'
import { listWorkers as readWorkers } from '@reprise/store'
import { requireAdmin } from '../access/require-admin.ts'
import type { Caller, Services } from '../services.ts'
import type { Counted } from './page.ts'

export async function listWorkers({ db }: Services, caller: Caller): Promise<Counted<Worker>> {
  requireAdmin(caller)
  const data = await readWorkers(db)
  return { data, total: data.length }
}

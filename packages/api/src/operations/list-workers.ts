import type { Worker } from '@reprise/contract'
import { listWorkers as readWorkers } from '@reprise/store'
import { requireOperator } from '../access/require-operator.ts'
import type { Caller, Services } from '../services.ts'
import type { Counted } from './page.ts'

export async function listWorkers({ db }: Services, caller: Caller): Promise<Counted<Worker>> {
  requireOperator(caller)
  const data = await readWorkers(db)
  return { data, total: data.length }
}

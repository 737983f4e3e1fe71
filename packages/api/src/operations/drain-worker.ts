import { AppError, ids, type Worker } from '@reprise/contract'
import { requestDrain } from '@reprise/store'
import { z } from 'zod'
import { requireOperator } from '../access/require-operator.ts'
import type { Caller, Services } from '../services.ts'

export const drainWorkerInput = z.object({ worker_id: ids.worker })

/** Lets a worker finish what it runs and take no more, for as long as it lives. */
export async function drainWorker({ db }: Services, caller: Caller, { worker_id }: z.output<typeof drainWorkerInput>): Promise<Worker> {
  requireOperator(caller)
  const worker = await requestDrain(db, worker_id)
  if (!worker) throw new AppError('worker_not_found')
  return worker
}

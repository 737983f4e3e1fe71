import type { DeadLetter } from '@reprise/contract'
import { countDeadLetters, listDeadLetters as readDeadLetters } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { Counted, page } from './page.ts'

/** The organization's turns that failed for good, the latest first. */
export async function listDeadLetters({ db }: Services, { organization_id }: Caller, input: z.output<typeof page>): Promise<Counted<DeadLetter>> {
  const [data, total] = await Promise.all([readDeadLetters(db, organization_id, input), countDeadLetters(db, organization_id)])
  return { data, total }
}

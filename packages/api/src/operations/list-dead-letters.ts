import type { DeadLetter } from '@reprise/contract'
import { countDeadLetters, listDeadLetters as readDeadLetters } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { Page, pageInput } from './page.ts'

/** The organization's turns that failed for good, the latest first. */
export async function listDeadLetters({ db }: Services, { organization_id }: Caller, { offset, limit }: z.output<typeof pageInput>): Promise<Page<DeadLetter>> {
  const [data, total] = await Promise.all([readDeadLetters(db, organization_id, { offset, limit }), countDeadLetters(db, organization_id)])
  return { data, total, offset, limit }
}

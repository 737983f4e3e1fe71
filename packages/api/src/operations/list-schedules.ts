import { ids, type Schedule } from '@reprise/contract'
import { countSchedules, listSchedules as readSchedules } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { page, type Counted } from './page.ts'

export const listSchedulesInput = page.extend({ session_id: ids.session.optional().describe('Only schedules of this session') })

/** The organization's schedules, newest first. */
export async function listSchedules({ db }: Services, { organization_id }: Caller, input: z.output<typeof listSchedulesInput>): Promise<Counted<Schedule>> {
  const session_id = input.session_id ?? null
  const [data, total] = await Promise.all([readSchedules(db, organization_id, session_id, input), countSchedules(db, organization_id, session_id)])
  return { data, total }
}

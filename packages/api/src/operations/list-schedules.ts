import { ids, type Schedule } from '@reprise/contract'
import { countSchedules, listSchedules as readSchedules } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { pageInput, type Page } from './page.ts'

export const listSchedulesInput = pageInput.extend({ session_id: ids.session.optional().describe('Only schedules of this session') })

/** The organization's schedules, the newest first. */
export async function listSchedules({ db }: Services, { organization_id }: Caller, { session_id, offset, limit }: z.output<typeof listSchedulesInput>): Promise<Page<Schedule>> {
  const [data, total] = await Promise.all([readSchedules(db, organization_id, session_id ?? null, { offset, limit }), countSchedules(db, organization_id, session_id ?? null)])
  return { data, total, offset, limit }
}

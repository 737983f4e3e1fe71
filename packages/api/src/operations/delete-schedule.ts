import { AppError } from '@reprise/contract'
import { deleteSchedule as removeSchedule } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { getScheduleInput } from './get-schedule.ts'

/** A fire that was ordered finds nothing to post. */
export async function deleteSchedule({ db }: Services, caller: Caller, { schedule_id }: z.output<typeof getScheduleInput>): Promise<void> {
  if (!(await removeSchedule(db, caller.organization_id, schedule_id))) throw new AppError('schedule_not_found')
}

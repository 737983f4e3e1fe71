import { AppError, ids, type Schedule } from '@reprise/contract'
import { readSchedule } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'

export const getScheduleInput = z.object({ schedule_id: ids.schedule })

export async function getSchedule({ db }: Services, caller: Caller, { schedule_id }: z.output<typeof getScheduleInput>): Promise<Schedule> {
  const schedule = await readSchedule(db, caller.organization_id, schedule_id)
  if (!schedule) throw new AppError('schedule_not_found')
  return schedule
}

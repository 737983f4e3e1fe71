import { createScheduleRequest } from '@reprise/contract'
import { createSchedule } from '../operations/create-schedule.ts'
import { deleteSchedule } from '../operations/delete-schedule.ts'
import { getSchedule, getScheduleInput } from '../operations/get-schedule.ts'
import { listSchedules, listSchedulesInput } from '../operations/list-schedules.ts'
import { updateSchedule, updateScheduleInput } from '../operations/update-schedule.ts'
import { checked, procedure, router } from './procedures.ts'

export const schedules = router({
  create: procedure.input(checked(createScheduleRequest)).mutation(({ ctx, input }) => createSchedule(ctx.services, ctx.caller, input)),
  list: procedure.input(checked(listSchedulesInput)).query(({ ctx, input }) => listSchedules(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getScheduleInput)).query(({ ctx, input }) => getSchedule(ctx.services, ctx.caller, input)),
  update: procedure.input(checked(updateScheduleInput)).mutation(({ ctx, input }) => updateSchedule(ctx.services, ctx.caller, input)),
  delete: procedure.input(checked(getScheduleInput)).mutation(({ ctx, input }) => deleteSchedule(ctx.services, ctx.caller, input)),
})

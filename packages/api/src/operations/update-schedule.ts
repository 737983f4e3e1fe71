import { ids, updateScheduleRequest, type Schedule } from '@reprise/contract'
import { inTransaction, updateSchedule as writeSchedule, type ScheduleSettings } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { checkScheduledMessage } from './check-scheduled-message.ts'
import { getSchedule } from './get-schedule.ts'
import { orderFire } from './order-fire.ts'
import { retryWhileStale } from './retry-while-stale.ts'
import { timeSchedule } from './time-schedule.ts'

export const updateScheduleInput = z.intersection(z.object({ schedule_id: ids.schedule }), updateScheduleRequest)
type Input = z.output<typeof updateScheduleInput>

/** Changes what is given. A fire that was ordered before asks the schedule again before it posts. */
export async function updateSchedule(services: Services, caller: Caller, input: Input): Promise<Schedule> {
  const { schedule_id } = input
  await getSchedule(services, caller, { schedule_id })
  await checkScheduledMessage(services, caller, input)
  return await retryWhileStale('The schedule is being changed by many others', async () =>
    changeOnce(services, await getSchedule(services, caller, { schedule_id }), input),
  )
}

/** Null when somebody else has changed it meanwhile. */
async function changeOnce(services: Services, before: Schedule, changes: Input): Promise<Schedule | null> {
  const isTimedAnew = [changes.cron, changes.at, changes.timezone, changes.enabled].some((value) => value !== undefined)
  const settings = applyChanges(before, changes)
  if (isTimedAnew) settings.next_fire_at = timeSchedule(settings, settings.enabled)
  const isReady = await services.engine.background.isReady()
  return await inTransaction(services.db, async (transaction, complete) => {
    const updated = await writeSchedule(transaction, before, settings, isTimedAnew)
    if (!updated) return null
    if (isTimedAnew && isReady) await orderFire(services, updated, transaction)
    await complete()
    return updated
  })
}

function applyChanges(before: Schedule, changes: Input): ScheduleSettings {
  const { name = before.name, message = before.message, controls = before.controls, metadata = before.metadata, tags = before.tags, enabled = before.enabled } = changes
  // The one that is given takes the other's place; one that is null says nothing.
  const cron = changes.cron ?? (changes.at ? null : before.cron)
  const at = changes.at ?? (changes.cron ? null : before.at)
  const timezone = changes.timezone === null ? 'UTC' : (changes.timezone ?? before.timezone)
  return { name, message, controls, metadata, tags, enabled, cron, at, timezone, next_fire_at: before.next_fire_at }
}

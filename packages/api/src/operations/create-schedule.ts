import { AppError, limits, newId, type CreateScheduleRequest, type Schedule } from '@reprise/contract'
import { inTransaction, insertSchedule } from '@reprise/store'
import type { Caller, Services } from '../services.ts'
import { checkScheduledMessage } from './check-scheduled-message.ts'
import { findSession } from './find-session.ts'
import { orderFire } from './order-fire.ts'
import { timeSchedule } from './time-schedule.ts'

/** Stores a schedule and orders its first fire, in one commit. */
export async function createSchedule(services: Services, caller: Caller, request: CreateScheduleRequest): Promise<Schedule> {
  const { session_id, message, enabled } = request
  const times = { cron: request.cron ?? null, timezone: request.timezone ?? 'UTC', at: request.at ?? null }
  const next_fire_at = timeSchedule(times, enabled)
  await findSession(services, caller, session_id)
  await checkScheduledMessage(services, caller, request)
  const { organization_id } = caller
  const schedule = {
    id: newId('schedule'),
    organization_id,
    session_id,
    name: request.name ?? null,
    message,
    controls: request.controls ?? null,
    metadata: request.metadata ?? null,
    tags: request.tags ?? null,
    ...times,
    enabled,
    next_fire_at,
  }
  const isReady = await services.engine.background.isReady()
  const inserted = await inTransaction(services.db, async (transaction, complete) => {
    const result = await insertSchedule(transaction, schedule, limits.schedulesMax)
    if (result.outcome !== 'inserted') return result
    if (isReady) await orderFire(services, schedule, transaction)
    await complete()
    return result
  })
  switch (inserted.outcome) {
    case 'inserted':
      return inserted.schedule
    case 'session_not_found':
      throw new AppError('session_not_found')
    case 'too_many':
      throw new AppError('too_many_schedules', { message: `There are ${limits.schedulesMax} schedules already: delete one first` })
  }
}

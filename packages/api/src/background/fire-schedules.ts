/**
 * Posts what schedules post, when it is time.
 *
 * F1  A fire is an accept under a key made of the schedule and its fire time: done twice, it is accepted once.
 * F2  An order only says which schedule to look at. Whether it is due, and with what, its row says now: a schedule that was
 *     deleted, disabled or timed anew does not fire.
 * F3  A fire is recorded, and the next one ordered, in one transaction. Where that was lost, or never ordered, the look of
 *     every minute finds the schedule overdue.
 * F4  Of the fires that were missed the latest is made up for, the others are not.
 */
import { createHash } from 'node:crypto'
import { limits, type Schedule } from '@reprise/contract'
import { eachInTurn, findLatestFire, findNextFire, type Duty } from '@reprise/engine'
import { inTransaction, listOverdueSchedules, readDueSchedule, recordFire, type ScheduleAddress } from '@reprise/store'
import { acceptParsed } from '../errors/accept-parsed.ts'
import { toAppError } from '../errors/to-app-error.ts'
import { createMessage } from '../operations/create-message.ts'
import { fireSchedulesName, orderFire } from '../operations/order-fire.ts'
import type { PostingServices } from '../services.ts'

/** An order is found within a few seconds of its time; what is due for longer was not ordered. */
const overdueSeconds = 20
const overdueAtOnce = 1_000

/** The host gives it to the engine's background: a fire goes through the same operation as a message that a caller posts. */
export function createFireSchedules(services: PostingServices): Duty {
  return {
    name: fireSchedulesName,
    cron: '* * * * *',
    // After that the look of every minute goes on.
    retries: { retryLimit: 5, retryDelay: 1, retryBackoff: true, retryDelayMax: 30, expireInSeconds: 300 },
    atOnce: 4,
    lookSeconds: 4,
    async perform(order, signal) {
      const { schedule_id, organization_id } = order as Partial<ScheduleAddress> // ordered here alone
      if (schedule_id !== undefined && organization_id !== undefined) return await fire(services, { organization_id, schedule_id })
      await eachInTurn(await listOverdueSchedules(services.db, overdueSeconds, overdueAtOnce), signal, async (overdue) => await fire(services, overdue))
    },
  }
}

async function fire(services: PostingServices, address: ScheduleAddress): Promise<void> {
  const due = await readDueSchedule(services.db, address)
  if (!due) return
  const now = new Date(due.now)
  // Which time of it counts is asked by the database's clock.
  const latest = findLatestFire(due, new Date(due.next_fire_at!), now)
  const fired_at = latest.toISOString()
  const posted = await postMessage(services, due, fired_at)
  const next_fire_at = findNextFire(due, latest)?.toISOString() ?? null
  const isReady = await services.engine.background.isReady()
  await inTransaction(services.db, async (transaction, complete) => {
    if (!(await recordFire(transaction, due, { fired_at, next_fire_at, ...posted }))) return
    if (isReady) await orderFire(services, { ...due, next_fire_at }, transaction)
    await complete()
  })
}

/** Throws only what passes: then it is ordered again. */
async function postMessage(services: PostingServices, schedule: Schedule, firedAt: string): Promise<{ message_id: string | null; error: Schedule['last_error'] }> {
  const { organization_id, session_id, message, controls, metadata, tags } = schedule
  const idempotency_key = `schedule ${schedule.id} ${firedAt}` // no caller's key has a space
  const caller = { organization_id, key_id: null, requests_per_minute: null, scopes: ['write'], is_operator: false } as const
  try {
    const bytes = Buffer.from(JSON.stringify({ message, controls, metadata, tags }))
    const body = acceptParsed(await services.compute.readMessageBody(new Uint8Array(bytes), { organization_id }))
    // The same fire is the same request, also when the schedule was changed since it was first tried.
    const body_sha256 = createHash('sha256').update(idempotency_key).digest('hex')
    const created = await createMessage(services, caller, { session_id, idempotency_key, body: { ...body, body_sha256 } })
    return { message_id: created.message.id, error: null }
  } catch (error) {
    const { status, code, message: words } = toAppError(error)
    if (status >= 500) throw error
    return { message_id: null, error: { code, message: words.slice(0, limits.scheduleErrorCharactersMax) } }
  }
}

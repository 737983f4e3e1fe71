import type { Schedule } from '@reprise/contract'
import type { Transaction } from '@reprise/store'
import type { PostingServices } from '../services.ts'

export const fireSchedulesName = 'fire-schedules'

/** Orders the next fire of a schedule, if there is one, with what else the transaction holds. */
export async function orderFire({ engine }: PostingServices, schedule: Pick<Schedule, 'id' | 'organization_id' | 'next_fire_at'>, transaction: Transaction): Promise<void> {
  const { id: schedule_id, organization_id, next_fire_at } = schedule
  if (next_fire_at === null) return
  await engine.background.order(fireSchedulesName, { organization_id, schedule_id }, { db: transaction, startAfter: new Date(next_fire_at) })
}

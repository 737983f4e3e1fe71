import type pg from 'pg'
import { expect } from 'vitest'

/** Resolves when so many statements of the pool's database wait for a lock. */
export async function untilWaiting(pool: pg.Pool, count: number): Promise<void> {
  await expect.poll(async () => {
    const { rows } = await pool.query(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
    return rows.length
  }, { timeout: 10_000 }).toBe(count)
}

interface HeldRows {
  /** The statement that locks them, with its values. */
  text: string
  values: unknown[]
}

/** Holds rows until every work that waits for them has come, one after the other: answers what became of each. */
export async function whileHeld<T>(pool: pg.Pool, { text, values }: HeldRows, works: readonly (() => Promise<T>)[], alsoBefore = async () => {}): Promise<PromiseSettledResult<T>[]> {
  const holder = await pool.connect()
  await holder.query('BEGIN')
  await holder.query(text, values)
  const settling: Promise<PromiseSettledResult<T>[]>[] = []
  for (const work of works) {
    settling.push(Promise.allSettled([work()]))
    await untilWaiting(pool, settling.length)
  }
  await alsoBefore()
  await holder.query('COMMIT')
  holder.release()
  return (await Promise.all(settling)).flat()
}

import { newId } from '@reprise/contract'
import type pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { createTestDatabase } from '../../../test/database.ts'
import { createPool, deleteWebhook, insertWebhook, recordAttempts, redeliver, seed, seeded } from '../src/index.ts'
import { whileHeld } from './support/while-held.ts'

const { organization_id } = seeded
const policy = { pauseBaseMs: 1, pauseMsMax: 1, failingMsMax: 1, gone_reason: null }

let pool: pg.Pool
beforeEach(async () => {
  const database = await createTestDatabase()
  pool = createPool({ connectionString: database.connectionString, applicationName: 'test' })
  await seed(pool)
  return async () => {
    await pool.end()
    await database.drop()
  }
})

const webhook = { organization_id, url: 'https://example.com', secrets_sealed: new Uint8Array(1) }

test.each([
  ['an attempt is recorded', 'delivered', (id: string, delivery: string) => recordAttempts(pool, { ...webhook, id }, [{ id: delivery, attempts: 0, status: 'delivered', retry_in_ms: 0, tells: true, response_status: 200, response_excerpt: null, error: null, duration_ms: 1 }], policy)],
  ['the webhook is deleted', 'failed', (id: string) => deleteWebhook(pool, organization_id, id)],
] as const)('a delivery that is asked for anew while %s is one of them after the other', async (_what, status, change) => {
  const id = newId('webhook')
  const delivery = newId('delivery')
  await insertWebhook(pool, { ...webhook, id, events: ['turn.failed'], enabled: true, description: null })
  await pool.query(
    `INSERT INTO webhook_deliveries (organization_id, session_id, event_sequence, webhook_id, id, event_type, next_attempt_at, created_at)
VALUES ($1, 'sess', 1, $2, $3, 'turn.failed', now(), now())`,
    [organization_id, id, delivery],
  )
  const held = { text: 'SELECT FROM webhook_deliveries WHERE id = $1 FOR UPDATE', values: [delivery] }
  const outcomes = await whileHeld<unknown>(pool, held, [() => redeliver(pool, organization_id, id, delivery), () => change(id, delivery)])
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'fulfilled'])
  expect((await pool.query('SELECT status FROM webhook_deliveries')).rows).toEqual([{ status }])
})

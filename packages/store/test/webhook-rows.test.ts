import { newId } from '@reprise/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { countDeliveries, deleteWebhook, hasDueWebhooks, insertWebhook, listDeliveries, markDueWebhooks, newEvent, pruneDeliveries, readEvents, seeded, type Accept, type NewWebhook } from '../src/index.ts'
import { controlTurns } from './support/control-turns.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
  await fixture.pool.query(`INSERT INTO organizations (id, name) VALUES ($1, 'Other')`, [other])
})
afterAll(() => fixture.close())
beforeEach(async () => {
  await fixture.pool.query('DELETE FROM webhooks')
  await fixture.pool.query('DELETE FROM webhook_deliveries')
})

const other = `org_${'f'.repeat(32)}`
const { organization_id } = seeded
const { start, resend } = controlTurns(() => fixture)

async function create(changes: Partial<NewWebhook> = {}): Promise<string> {
  const webhook = { id: newId('webhook'), organization_id, url: 'https://example.com', events: ['turn.completed' as const], enabled: true, description: null, secrets_sealed: new Uint8Array(1), ...changes }
  await insertWebhook(fixture.pool, webhook)
  return webhook.id
}

const completed = (accept: Accept) =>
  fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 0 }, { turn_status: 'completed', settle_events: [newEvent('turn.completed', { turn_id: accept.turn_id } as never)] }) // its other fields are not looked at
const log = (webhook_id: string, organization: string = organization_id) => listDeliveries(fixture.pool, { organization_id: organization, webhook_id, status: null }, { offset: 0, limit: 10 })

describe('deliveries are recorded with their events', () => {
  test('one for each event and webhook, although the checkpoint is sent again', async () => {
    const webhooks = [await create(), await create({ events: ['turn.failed', 'turn.completed'] })]
    const accept = await start()
    const sent = completed(accept)
    expect(await fixture.journal.checkpoint(sent)).toMatchObject({ outcome: 'stored', settled: true })
    expect(await resend(sent)).toMatchObject({ outcome: 'stored_before' })
    const events = await readEvents(fixture.pool, { organization_id, session_id: accept.session_id, types: ['turn.completed'], limit: 10, newest: false })
    for (const id of webhooks) {
      expect(await log(id)).toMatchObject([{ event_id: events[0]!.id, event_sequence: events[0]!.sequence, created_at: events[0]!.ts, status: 'pending', attempts: 0, id: expect.stringMatching(/^delivery_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/) }])
    }
  })

  test('none where the checkpoint did not settle the turn, since a message had joined it', async () => {
    const id = await create()
    const accept = await start()
    await fixture.journal.accept(fixture.accept(accept.session_id, { when_busy: 'steer' }))
    expect(await fixture.journal.checkpoint(completed(accept))).toMatchObject({ outcome: 'stored', settled: false })
    expect(await log(id)).toEqual([])
  })

  test('none for other types, other organizations, or a webhook that is disabled', async () => {
    const ids = [await create({ events: ['turn.failed'] }), await create({ enabled: false })]
    const foreign = await create({ organization_id: other })
    await fixture.journal.checkpoint(completed(await start()))
    for (const id of ids) expect(await log(id)).toEqual([])
    expect(await log(foreign, other)).toEqual([])
  })
})

test('what is due is ordered once, also of a webhook whose order was lost', async () => {
  const { pool } = fixture
  expect(await hasDueWebhooks(pool, null)).toBe(false)
  await create()
  await fixture.journal.checkpoint(completed(await start()))
  expect(await hasDueWebhooks(pool, [other])).toBe(false)
  expect(await hasDueWebhooks(pool, [organization_id])).toBe(true)
  expect((await Promise.all([markDueWebhooks(pool, null), markDueWebhooks(pool, null)])).flat()).toHaveLength(1)
  expect(await hasDueWebhooks(pool, null)).toBe(false)
  await pool.query(`UPDATE webhooks SET look_at = now() - interval '1 minute'`)
  expect(await hasDueWebhooks(pool, null)).toBe(true)
})

test('a deleted webhook has nothing pending', async () => {
  const id = await create()
  await fixture.journal.checkpoint(completed(await start()))
  expect(await deleteWebhook(fixture.pool, other, id)).toBe(false)
  expect(await deleteWebhook(fixture.pool, organization_id, id)).toBe(true)
  expect(await deleteWebhook(fixture.pool, organization_id, id)).toBe(false)
  expect(await countDeliveries(fixture.pool, { organization_id, webhook_id: id, status: 'pending' })).toBe(0)
})

test('deliveries are kept for their days, and forgotten batch by batch', async () => {
  const id = await create()
  for (let count = 0; count < 3; count++) await fixture.journal.checkpoint(completed(await start()))
  await fixture.pool.query(`UPDATE webhook_deliveries SET created_at = now() - interval '31 days' WHERE id IN (SELECT id FROM webhook_deliveries LIMIT 2)`)
  expect(await pruneDeliveries(fixture.pool, { daysMax: 30, batch: 1 })).toBe(1)
  expect(await pruneDeliveries(fixture.pool, { daysMax: 30, batch: 10 })).toBe(1)
  expect(await log(id)).toHaveLength(1)
})

test('however many are created at once, an organization has no more than it may have', async () => {
  const rows = await Promise.all(Array.from({ length: 55 }, () => insertWebhook(fixture.pool, { id: newId('webhook'), organization_id, url: 'https://example.com', events: ['turn.failed'], enabled: true, description: null, secrets_sealed: new Uint8Array(1) })))
  expect(rows.filter((row) => row !== null)).toHaveLength(50)
})

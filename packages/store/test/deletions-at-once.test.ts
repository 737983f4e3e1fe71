import { createHash } from 'node:crypto'
import { newId } from '@reprise/contract'
import type pg from 'pg'
import { beforeEach, expect, test } from 'vitest'
import { createTestDatabase } from '../../../test/database.ts'
import { createPool, deleteImage, deleteUnheldImages, deleteWebhook, eraseSession, insertImage, insertSession, insertWebhook, recordAttempts, seed, seeded } from '../src/index.ts'
import { untilWaiting, whileHeld } from './support/while-held.ts'

const { organization_id } = seeded
const { signal } = new AbortController()

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

async function createDeletedSession(): Promise<string> {
  const id = newId('session')
  await insertSession(pool, {
    id, organization_id, workspace_id: 'wsp', harness_id: seeded.harness_id, owner_principal_id: 'principal', agent_id: null,
    title: null, locale: null, model_id: null, tags: [], capabilities: [], tools: [], system_prompt: null, max_iterations: null,
    parallel_tool_calls: null, hints: null, when_busy: null, mcpServers: {}, mcp_headers_sealed: null,
  })
  await pool.query('SELECT delete_session($1, $2)', [organization_id, id])
  return id
}

async function createImage(name: string): Promise<string> {
  const id = newId('image')
  const bytes = new TextEncoder().encode(name)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await insertImage(pool, {
    organization_id, id, sha256, filename: null, uploaded: false, media_type: 'image/png', width: 1, height: 1, bytes, thumbnail: bytes, thumbnail_media_type: 'image/png',
  })
  return id
}

test('an image that nobody holds is deleted by a caller and by the background at once', async () => {
  const id = await createImage('one')
  await pool.query(`UPDATE images SET unheld_since = '-infinity' WHERE id = $1`, [id])
  const deletion = () => deleteImage(pool, organization_id, id)
  // Either both wait for the bytes, or the second passes the image over that the first holds.
  const sweep = async () => await deleteUnheldImages(pool, 10)
  const swept = Promise.withResolvers<number>()
  const outcomes = await whileHeld<unknown>(pool, { text: 'SELECT FROM image_blobs WHERE organization_id = $1 FOR UPDATE', values: [organization_id] }, [deletion], async () => {
    sweep().then(swept.resolve, swept.reject)
    await Promise.race([swept.promise, untilWaiting(pool, 2)])
  })
  expect(outcomes).toEqual([{ status: 'fulfilled', value: 'deleted' }])
  expect(await swept.promise).toBe(0)
})

test('two sessions that showed the same images are erased at once', async () => {
  const images = [await createImage('one'), await createImage('two')].sort()
  const sessions = [await createDeletedSession(), await createDeletedSession()]
  for (const [index, session] of sessions.entries()) {
    for (const sequence of [2, 3]) {
      await pool.query(`INSERT INTO messages (organization_id, session_id, sequence, id, turn_id, role, content, created_at) VALUES ($1, $2, $3, $4, 'turn', 'user', '[]', now())`, [organization_id, session, sequence, newId('message')])
      await pool.query('INSERT INTO message_images (organization_id, session_id, message_sequence, image_id) VALUES ($1, $2, $3, $4)', [organization_id, session, sequence, images[(sequence + index) % 2]])
    }
  }
  await pool.query('ANALYZE')
  // Whoever comes to its first image first holds its second when the other wants it, unless both go in one order.
  const outcomes = await whileHeld(pool, { text: 'SELECT FROM images WHERE id = $1 FOR UPDATE', values: [images[0]] }, sessions.map((session) => () => eraseSession(pool, session, signal)))
  expect(outcomes).toEqual(sessions.map(() => ({ status: 'fulfilled', value: undefined })))
})

const policy = { pauseBaseMs: 1, pauseMsMax: 1, failingMsMax: 1, gone_reason: null }
const outcome = { attempts: 0, status: 'delivered', retry_in_ms: 0, tells: true, response_status: 200, response_excerpt: null, error: null, duration_ms: 1 } as const

test.each([
  ['their attempts are recorded', (webhook: string, [first, second]: string[]) => recordAttempts(pool, { organization_id, id: webhook, url: '', secrets_sealed: new Uint8Array(1) }, [{ ...outcome, id: second! }, { ...outcome, id: first! }], policy)],
  ['their webhook is deleted', (webhook: string) => deleteWebhook(pool, organization_id, webhook)],
] as const)('deliveries of a session are erased while %s', async (_what, change) => {
  const webhook = newId('webhook')
  await insertWebhook(pool, { organization_id, id: webhook, url: 'https://example.com', secrets_sealed: new Uint8Array(1), events: ['turn.failed'], enabled: true, description: null })
  const session = await createDeletedSession()
  const deliveries = [newId('delivery'), newId('delivery')]
  for (const [index, id] of deliveries.entries()) {
    await pool.query(
      `INSERT INTO webhook_deliveries (organization_id, session_id, event_sequence, webhook_id, id, event_type, next_attempt_at, created_at)
VALUES ($1, $2, $3, $4, $5, 'turn.failed', now() - $3::bigint * interval '1 minute', now())`,
      [organization_id, session, index + 1, webhook, id],
    )
  }
  const outcomes = await whileHeld<unknown>(pool, { text: 'SELECT FROM webhook_deliveries WHERE id = $1 FOR UPDATE', values: [deliveries[1]] }, [() => change(webhook, deliveries), () => eraseSession(pool, session, signal)])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  expect((await pool.query('SELECT FROM webhook_deliveries')).rows).toEqual([])
})

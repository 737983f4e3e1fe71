import { setTimeout as delay } from 'node:timers/promises'
import { insertImage, insertToolResultValue, seeded } from '@reprise/store'
import { script, type EngineFixture, type EngineProcess } from './engine-fixture.ts'

const { organization_id } = seeded
export const askTool = { type: 'client_side', name: 'ask', description: 'Asks', parameters: { type: 'object' } } as const

/** A session with rows wherever a session can have some; its turn waits for its caller. */
export async function fillSession(fixture: EngineFixture, process: EngineProcess): Promise<string> {
  const session = await fixture.createSession({ tools: [askTool] })
  await process.engine.acceptMessage(fixture.message(session, script([{ tool_calls: [{ name: 'ask', arguments: {} }] }]), { idempotency_key: 'key' }))
  await fixture.eventsUntil(process, session, 'tool.call_requested')
  await insertToolResultValue(fixture.pool, { organization_id, session_id: session, value_id: 'value_1', bytes: Buffer.from('"x"') })
  await showImage(fixture, session, `img_${'1'.repeat(32)}`)
  await fixture.pool.query(
    `INSERT INTO schedules (organization_id, id, session_id, message, cron, timezone, enabled) VALUES ($1, $3, $2, '{}', '* * * * *', 'UTC', true)`,
    [organization_id, session, `sched_${session.slice(-32)}`],
  )
  await fixture.pool.query(
    `WITH w AS (
  INSERT INTO webhooks (organization_id, id, url, events, enabled, secrets_sealed) VALUES ($1, $3, 'https://example.com', '{turn.failed}', true, '') RETURNING *
)
INSERT INTO webhook_deliveries (organization_id, session_id, event_sequence, webhook_id, id, event_type, next_attempt_at, created_at)
SELECT w.organization_id, $2, 1, w.id, $4, 'turn.failed', now(), now() FROM w`,
    [organization_id, session, `webhook_${session.slice(-32)}`, `delivery_${session.slice(-32)}`],
  )
  return session
}

/** Gives a message of the session an image that came inside it. */
export async function showImage(fixture: EngineFixture, session: string, id: string): Promise<void> {
  const bytes = Buffer.from(id)
  await insertImage(fixture.pool, {
    organization_id, id, sha256: id.slice(-32), filename: null, uploaded: false, media_type: 'image/png', width: 1, height: 1, bytes, thumbnail: bytes, thumbnail_media_type: 'image/png',
  })
  await fixture.pool.query('INSERT INTO message_images SELECT organization_id, session_id, sequence, $2 FROM messages WHERE session_id = $1 LIMIT 1', [session, id])
  // As it stands when somebody has looked for its holder.
  await fixture.pool.query('UPDATE images SET unheld_since = NULL WHERE id = $1', [id])
}

export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20)
}

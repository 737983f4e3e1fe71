import { newId } from '@reprise/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertImage, newEvent, seeded, type NewMessage } from '../src/index.ts'
import { startCuttingProxy } from './support/cutting-proxy.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(() => fixture.close())

async function storeImage(digit: string): Promise<string> {
  const image = { organization_id: seeded.organization_id, id: `img_${digit.repeat(32)}`, sha256: digit.repeat(64), filename: null, uploaded: false, media_type: 'image/png', width: 1, height: 1 }
  const bytes = new Uint8Array([1])
  return (await insertImage(fixture.pool, { ...image, bytes, thumbnail: bytes, thumbnail_media_type: 'image/webp' })).id
}

function resultMessage(event_index: number, image_ids: string[]): NewMessage {
  const nothing = { controls_json: null, metadata_json: null, tags_json: null, external_actor_json: null, thinking_blocks: null, model_id: null, usage: null }
  return { id: newId('message'), event_index, place: event_index, role: 'tool_result', content_json: '[]', image_ids, ...nothing }
}

test('each message of a checkpoint holds its own images, also when the checkpoint is sent again', async () => {
  const [first, second] = [await storeImage('a'), await storeImage('b')]
  const proxy = await startCuttingProxy(fixture.connectionString)
  const journal = fixture.openJournal({ connectionString: proxy.connectionString, lanes: 1 })
  const accept = fixture.accept(await fixture.createSession())
  await journal.accept(accept)
  const completed = { tool_call_id: 'call_1', tool_name: 'look', success: true, status: 'success', duration_ms: 1 } as const
  const checkpoint = fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 0 }, {
    events: [newEvent('output.message.delta', { turn_id: accept.turn_id, delta: 'x' }), newEvent('tool.completed', completed), newEvent('tool.completed', completed)],
    messages: [resultMessage(1, [first, second]), resultMessage(2, [second])],
  })
  proxy.cutNext('reply')
  const stored = await journal.checkpoint(checkpoint)
  expect(proxy.cuts).toBe(1)
  if (stored.outcome !== 'stored') throw new Error(`not stored but ${stored.outcome}`)
  const { rows } = await fixture.pool.query('SELECT message_sequence, image_id FROM message_images WHERE session_id = $1 ORDER BY 1, 2', [accept.session_id])
  const at = (offset: number, image_id: string) => ({ message_sequence: stored.first_sequence + offset, image_id })
  expect(rows).toEqual([at(1, first), at(1, second), at(2, second)])
  await journal.stop()
  await proxy.stop()
})

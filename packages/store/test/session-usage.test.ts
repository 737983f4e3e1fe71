import { newId, type Usage } from '@reprise/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newEvent, readSession, seeded, type Append, type Checkpoint } from '../src/index.ts'
import { encodeFlush } from '../src/journal/encode-flush.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

let fixture: JournalFixture
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(() => fixture.close())

async function send(append: Append, resent = false): Promise<void> {
  await fixture.pool.query('SELECT * FROM append_checkpoints($1, $2, $3, $4)', encodeFlush([{ append, resent }], true))
}

/** Answers of the model, from a place in the turn on, with what each of them used. */
function answers(firstPlace: number, ...usages: (Usage | null)[]): Pick<Checkpoint, 'events' | 'messages'> {
  const nothing = { controls_json: null, metadata_json: null, tags_json: null, external_actor_json: null, thinking_blocks: null, model_id: null }
  return {
    events: usages.map(() => newEvent('output.message.completed', {})),
    messages: usages.map((usage, index) => ({ ...nothing, id: newId('message'), event_index: index, place: firstPlace + index, role: 'agent', content_json: '[]', usage })),
  }
}

test('a session sums up what its calls used: each checkpoint once, however often it is sent (J3, J4)', async () => {
  const sessionId = await fixture.createSession()
  const readUsage = async () => (await readSession(fixture.pool, seeded.organization_id, sessionId))!.usage
  const accept = fixture.accept(sessionId)
  const checkpoint = (checkpoint_number: number, changes: Partial<Checkpoint>) => fixture.checkpoint(accept, { epoch: 1, checkpoint_number }, changes)
  await send(accept)
  expect(await readUsage()).toEqual({ input_tokens: 0, output_tokens: 0 })

  const first = checkpoint(0, answers(1, { input_tokens: 10, output_tokens: 1, cache_read_tokens: 4 }))
  await send(first)
  await send(first, true)
  expect(await readUsage()).toEqual({ input_tokens: 10, output_tokens: 1, cache_read_tokens: 4 })

  await send(checkpoint(1, answers(2, { input_tokens: 5, output_tokens: 2, reasoning_tokens: 1, cost_usd: 0.1 }, null, { input_tokens: 1, output_tokens: 1, cost_usd: 0.2 })))
  const total = { input_tokens: 16, output_tokens: 4, cache_read_tokens: 4, reasoning_tokens: 1, cost_usd: 0.3 }
  expect(await readUsage()).toEqual(total)

  await send(checkpoint(2, answers(5, null)))
  await send(checkpoint(0, answers(1, { input_tokens: 100, output_tokens: 100 }))) // of one who lost the lease
  expect(await readUsage()).toEqual(total)
})

import { newId } from '@reprise/contract'
import { insertModel, seeded } from '@reprise/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelCall } from '../src/index.ts'
import { createSimProvider } from '../src/models/sim/sim-provider.ts'
import { openEngineFixture, type EngineFixture } from './support/engine-fixture.ts'
import { speakAs } from './support/speak-as.ts'

let fixture: EngineFixture
beforeAll(async () => {
  fixture = await openEngineFixture()
})
afterAll(() => fixture.close())

test('a model without images is told where they were, in its own turn and in those before', async () => {
  const calls: ModelCall[] = []
  const sim = createSimProvider()
  const process = await fixture.startProcess({
    createProvider: speakAs((call, signal) => {
      calls.push(call)
      return sim.stream(call, signal)
    }),
  })
  const model_id = newId('model')
  await insertModel(fixture.pool, {
    id: model_id, organization_id: seeded.organization_id, provider_id: seeded.provider_id, model: 'blind', display_name: 'Blind', context_window: 32_000, max_output_tokens: null,
    supports_images: false, supports_tools: true, prices: null, compaction: true, enabled: true,
  })
  const sessionId = await fixture.createSession()
  const content_json = JSON.stringify([{ type: 'text', text: 'Look' }, { type: 'image', url: 'https://example.com/a.png' }])
  await process.engine.acceptMessage(fixture.message(sessionId, '', { content_json }))
  await fixture.eventsUntil(process, sessionId, 'session.idled')
  await process.engine.acceptMessage(fixture.message(sessionId, '', { content_json, model_id }))
  await fixture.eventsUntil(process, sessionId, 'session.idled', 2)

  const [seeing, blind] = calls
  expect(seeing!.messages[0]!.content).toMatchObject([{ type: 'text' }, { type: 'image', url: 'https://example.com/a.png' }])
  const marked = [{ type: 'text', text: 'Look' }, { type: 'text', text: expect.stringContaining('cannot see images') }]
  expect(blind!.earlier_turns[0]![0]!.content).toEqual(marked)
  expect(blind!.messages[0]!.content).toEqual(marked)
})

import { describe, expect, test } from 'vitest'
import { createModelProvider } from '../../src/models/create-model-provider.ts'
import type { ModelChunk, ModelProvider } from '../../src/models/model-provider.ts'
import type { Answer } from '../protocol/answer.ts'
import { callOf, connect, listen, startServerOf, vendorNames, type VendorName } from '../support/provider-under-test.ts'
import { user } from './sim-call.ts'

const said: Answer['says'] = [{ thinking: 'é😀' }, 'So 😀.', { call: 'calculator', id: 'call_1', arguments: { expression: '6*7' } }]
const tools = [{ name: 'calculator', description: '', parameters: { type: 'object' } }]

describe.each(vendorNames)('a stream of %s', (name) => {
  const ask = (provider: ModelProvider) => listen(provider, callOf(name, [user('hello')], { tools }))

  test.each([
    ['text', ['So 😀.']],
    ['thinking and a call', [{ thinking: 'é' }, { call: 'calculator', id: 'call_1', arguments: { expression: '😀' } }]],
  ])('of %s that ends at any byte before its last is never an answer, and what came of it is a beginning of one', async (_what, says) => {
    const server = await startServerOf(name)
    server.queue({ says, unitsPerDelta: 5 })
    const whole = await ask(connect(name, server.url))
    expect(whole.fault).toBeUndefined()
    const bytes = Buffer.from(server.sent[0]!)
    let end = 0
    // Thousands of connections would take a minute: here each answer is what the server has sent, cut.
    const cutting = await createModelProvider({ type: name, base_url: server.url, api_key: 'test-key' }, { fetch: async () => new Response(bytes.subarray(0, end), { headers: { 'content-type': 'text/event-stream' } }) })
    for (; end <= bytes.length; end++) {
      const { chunks, fault } = await ask(cutting)
      const isFinished = chunks.some((chunk) => chunk.type === 'finished')
      expect(isFinished, `after ${end} bytes`).toBe(isWhole[name](bytes.subarray(0, end).toString()))
      if (!isFinished) expect(fault, `after ${end} bytes`).toMatchObject({ kind: 'cut', retryable: true })
      expect(spoken(whole.chunks).startsWith(spoken(chunks))).toBe(true)
    }
  }, 120_000)

  test.each(['cut', 'reset'] as const)('that is %s on its way is a fault that may be tried again', async (kind) => {
    const server = await startServerOf(name)
    const provider = connect(name, server.url)
    for (let afterBytes = 0; afterBytes < 1200; afterBytes += 61) {
      server.queue({ says: said, unitsPerDelta: 2, fault: { kind, afterBytes } })
      const { fault } = await ask(provider)
      expect(fault, `after ${afterBytes} bytes`).toMatchObject({ kind: 'cut', retryable: true })
    }
  })
})

/** Whether all of the answer was sent: with its vendor's last event, or with why it ended. */
const isWhole: Record<VendorName, (sent: string) => boolean> = {
  anthropic: (sent) => sent.includes('{"type":"message_stop"}\n\n'),
  openai: (sent) => /data: \{"type":"response\.completed".*\}\n\n/.test(sent),
  openai_compatible: (sent) => /"finish_reason":"(tool_calls|stop)"\}\]\}\n\n/.test(sent),
}

function spoken(chunks: readonly ModelChunk[]): string {
  return chunks.map((chunk) => ('delta' in chunk ? chunk.delta : '')).join('')
}

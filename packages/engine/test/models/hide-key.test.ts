import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { hideKey } from '../../src/models/hide-key.ts'
import { ModelError, type ModelChunk, type ModelProvider } from '../../src/index.ts'
import { createSimProvider } from '../../src/models/sim/sim-provider.ts'
import { simCall, user } from './sim-call.ts'

const key = 'sk-hunter2-hunter2'

function failWith(error: unknown): ModelProvider {
  return {
    ...createSimProvider(),
    async *stream() {
      yield { type: 'text_delta', delta: 'so far' }
      throw error
    },
  }
}

async function listenTo(provider: ModelProvider): Promise<ModelChunk[]> {
  const chunks = []
  for await (const chunk of provider.stream(simCall([user('Hello')]), new AbortController().signal)) chunks.push(chunk)
  return chunks
}

async function catchFrom(provider: ModelProvider): Promise<unknown> {
  try {
    await listenTo(provider)
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

test('an error that tells the key, in its words or in any field of its cause, is told without it', async () => {
  const library = Object.assign(new Error('401'), { requestHeaders: { authorization: `Bearer ${key}` } })
  const errors = [new ModelError('invalid_request', `bad key ${key}`), new ModelError('rate_limited', 'slow down', { cause: library, retry_after_ms: 7 }), library]
  for (const error of errors) {
    const told = await catchFrom(hideKey(failWith(error), key))
    expect(inspect(told, { depth: 10, showHidden: true })).not.toContain('hunter2')
    if (error instanceof ModelError) expect(told).toMatchObject({ kind: error.kind, retryable: error.retryable, retry_after_ms: error.retry_after_ms })
  }
})

test('any other error is the one that was thrown', async () => {
  const error = new ModelError('server_error', 'oops', { cause: new Error('why') })
  expect(await catchFrom(hideKey(failWith(error), key))).toBe(error)
})

test('what is too short for a secret hides nothing', async () => {
  const error = new ModelError('server_error', 'none of them is there')
  expect(await catchFrom(hideKey(failWith(error), 'none'))).toBe(error)
})

test('the chunks are those of the provider', async () => {
  const chunks = await listenTo(hideKey(createSimProvider(), key))
  expect(chunks.at(-1)).toMatchObject({ type: 'finished' })
})

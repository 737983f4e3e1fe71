import { createOpenAI } from '@ai-sdk/openai'
import { expect, test } from 'vitest'
import { createAiSdkProvider, type PromptMessage, type Vendor } from '../../src/index.ts'
import { startOpenAiServer } from '../protocol/openai-server.ts'
import { callOf, hear, messageOf, textOf } from '../support/provider-under-test.ts'
import { resulted, user } from './sim-call.ts'

/** As docs/models.md shows it, with a provider of the AI SDK that Reprise itself does not use. */
const openaiChat: Vendor = {
  namespace: 'openai',
  address: 'https://api.openai.com/v1',
  needsKey: true,
  images: { takesUrls: true, mediaTypes: ['image/png', 'image/jpeg'], bytesMax: 20_000_000, edgePixelsMax: 2048 },
  takesImagesInResults: false,
  unsignedThinking: 'dropped',
  connect: (settings) => createOpenAI(settings).chat,
}

test('one more vendor of the AI SDK is a few lines, and calls tools like any other', async () => {
  const server = await startOpenAiServer()
  const provider = createAiSdkProvider(openaiChat, { type: 'openai_chat', base_url: server.url, api_key: 'test-key' }, { fetch })
  server.queue({ says: [{ call: 'calculator', id: 'a', arguments: { expression: '6*7' } }] }, { says: ['It is 42.'] })
  const messages: PromptMessage[] = [user('What is 6*7?')]
  messages.push(messageOf(await hear(provider, callOf('openai', messages, { model: 'gpt-4o' }))), resulted('a', { result: 42 }))
  expect(textOf(await hear(provider, callOf('openai', messages, { model: 'gpt-4o' })))).toBe('It is 42.')
  await server.close()
})

import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { joinVersion } from './choose-address.ts'
import type { Vendor } from './vendor.ts'

const mebibyte = 1024 * 1024

const anthropic: Vendor = {
  namespace: 'anthropic',
  address: 'https://api.anthropic.com/v1',
  needsKey: true,
  images: {
    takesUrls: true,
    mediaTypes: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'],
    // 5 MB of base64. The edge may be 8000 pixels, but only 2000 once a request holds more than 20 images; the vendor
    // itself scales most models' images down to 1568.
    bytesMax: (5 * mebibyte * 3) / 4,
    edgePixelsMax: 2000,
  },
  takesImagesInResults: true,
  unsignedThinking: 'dropped',
  cacheMark: { anthropic: { cacheControl: { type: 'ephemeral' } } },
  toCallId: (id) => id.replaceAll(/[^a-zA-Z0-9_-]/g, (character) => `_${character.charCodeAt(0).toString(16)}`),
  connect: ({ baseURL, ...settings }) => createAnthropic({ ...settings, baseURL: joinVersion(baseURL) }),
  chooseOptions: ({ parallel_tool_calls, tools }) => (parallel_tool_calls || tools.length === 0 ? {} : { disableParallelToolUse: true }),
}

const openai: Vendor = {
  namespace: 'openai',
  address: 'https://api.openai.com/v1',
  needsKey: true,
  images: {
    takesUrls: true,
    // GIFs must not be animated, so they are sent as one frame in another format.
    mediaTypes: ['image/png', 'image/jpeg', 'image/webp'],
    // A request may have 50 MB in all. The vendor scales what it sees in detail down to 2048 pixels.
    bytesMax: 20 * mebibyte,
    edgePixelsMax: 2048,
  },
  takesImagesInResults: true,
  unsignedThinking: 'dropped',
  // An item of reasoning is one block for each part of its summary; the last of them has what is encrypted.
  isUsable: ({ itemId }, all) => all.some((block) => block['itemId'] === itemId && typeof block['reasoningEncryptedContent'] === 'string'),
  connect: (settings) => createOpenAI(settings).responses,
  chooseOptions: ({ parallel_tool_calls, tools, reasoning_effort }) => ({
    // Nothing depends on what the vendor stores: reasoning comes encrypted, is kept here and sent back.
    store: false,
    ...(!parallel_tool_calls && tools.length > 0 && { parallelToolCalls: false }),
    ...(reasoning_effort !== null && reasoning_effort !== 'none' && { reasoningSummary: 'auto' }),
  }),
  // Else the vendor makes every schema strict: optional arguments would become required.
  declaresLooseTools: true,
}

/** vLLM, Ollama, llama.cpp, OpenRouter and the many others that speak Chat Completions. */
const openaiCompatible: Vendor = {
  namespace: 'openaiCompatible',
  address: null,
  needsKey: false,
  // What every such server can decode; few of them fetch urls.
  images: { takesUrls: false, mediaTypes: ['image/png', 'image/jpeg'], bytesMax: 10 * mebibyte, edgePixelsMax: 2048 },
  takesImagesInResults: false,
  unsignedThinking: 'kept',
  connect: (settings) => createOpenAICompatible({ ...settings, name: 'openaiCompatible', includeUsage: true }).chatModel,
  chooseOptions: ({ parallel_tool_calls, tools }) => (parallel_tool_calls || tools.length === 0 ? {} : { parallel_tool_calls: false }),
}

/** By `providers.type`. One more vendor of the AI SDK is one more entry here: see docs/models.md. */
export const vendors: ReadonlyMap<string, Vendor> = new Map([
  ['anthropic', anthropic],
  ['openai', openai],
  ['openai_compatible', openaiCompatible],
])

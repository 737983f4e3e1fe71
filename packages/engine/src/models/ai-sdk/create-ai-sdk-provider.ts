import type { ReasoningEffort } from '@reprise/contract'
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { ModelError } from '../model-error.ts'
import type { ModelCall, ModelChunk, ModelProvider, ProviderConnection } from '../model-provider.ts'
import type { ProviderServices } from '../provider-services.ts'
import { chooseAddress } from './choose-address.ts'
import { readStream } from './read-stream.ts'
import { refuseOtherAnswers } from './refuse-other-answers.ts'
import { toModelError } from './to-model-error.ts'
import type { Vendor } from './vendor.ts'
import { PromptWriter } from './prompt-writer.ts'
import { writeTools } from './write-tools.ts'

/** The client of a vendor that the AI SDK speaks to. Its retries are not in play here: they live above this interface. */
export function createAiSdkProvider(vendor: Vendor, connection: ProviderConnection, { fetch }: ProviderServices): ModelProvider {
  const { type, api_key } = connection
  if (vendor.needsKey && !api_key) throw new ModelError('unavailable', `the provider of type ${type} has no API key`, { retryable: false })
  const toModel = vendor.connect({ baseURL: chooseAddress(connection, vendor), apiKey: api_key ?? '', fetch: refuseOtherAnswers(fetch) })
  const prompts = new PromptWriter(vendor)

  async function* stream(call: ModelCall, signal: AbortSignal): AsyncGenerator<ModelChunk> {
    signal.throwIfAborted()
    const options: LanguageModelV4CallOptions = {
      prompt: await prompts.write(call),
      tools: writeTools(call, vendor),
      reasoning: readEffort(call.reasoning_effort),
      providerOptions: { [vendor.namespace]: vendor.chooseOptions?.(call) ?? {} },
      abortSignal: signal,
    }
    try {
      const answer = await toModel(call.model).doStream(options)
      yield* readStream(answer.stream, vendor.namespace)
    } catch (error) {
      signal.throwIfAborted()
      throw toModelError(error, { model: call.model, apiKey: api_key })
    }
  }

  return { type, images: vendor.images, stream }
}

/** The SDK has the same scale, and knows what each model of a vendor makes of it. */
function readEffort(effort: ReasoningEffort | null): LanguageModelV4CallOptions['reasoning'] {
  return effort ?? 'provider-default'
}

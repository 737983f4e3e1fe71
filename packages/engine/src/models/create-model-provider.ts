import { createAiSdkProvider } from './ai-sdk/create-ai-sdk-provider.ts'
import { vendors } from './ai-sdk/vendors.ts'
import { ModelError } from './model-error.ts'
import type { ModelProvider, ProviderConnection } from './model-provider.ts'
import type { ProviderServices } from './provider-services.ts'
import { createSimProvider } from './sim/sim-provider.ts'

export type { ProviderServices }

/** Makes the client of a provider. Throws a ModelError for a type that nothing here speaks, or a connection that lacks something. */
export function createModelProvider(connection: ProviderConnection, services: ProviderServices): ModelProvider {
  const { type } = connection
  if (type === 'sim') return createSimProvider()
  const vendor = vendors.get(type)
  if (!vendor) throw new ModelError('unavailable', `no provider of type ${type}`, { retryable: false })
  return createAiSdkProvider(vendor, connection, services)
}

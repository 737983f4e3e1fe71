import { createAiSdkProvider } from './ai-sdk/create-ai-sdk-provider.ts'
import { ModelError } from './model-error.ts'
import type { ModelProvider, ProviderConnection } from './model-provider.ts'
import type { ProviderServices } from './provider-services.ts'
import { createSimProvider } from './sim/sim-provider.ts'

/**
 * Makes the client of a provider. Throws a ModelError for a type that nothing here speaks, or a connection that lacks
 * something. The vendors' libraries are loaded with the first that is asked for: no start should wait for them.
 */
export async function createModelProvider(connection: ProviderConnection, services: ProviderServices): Promise<ModelProvider> {
  const { type } = connection
  if (type === 'sim') return createSimProvider()
  const { vendors } = await import('./ai-sdk/vendors.ts')
  const vendor = vendors.get(type)
  if (!vendor) throw new ModelError('unavailable', `no provider of type ${type}`, { retryable: false })
  return createAiSdkProvider(vendor, connection, services)
}

import { ModelError } from './model-error.ts'
import type { ModelProvider, ProviderConnection } from './model-provider.ts'
import { createSimProvider } from './sim/sim-provider.ts'

export interface ProviderServices {
  /** The guarded way out: a caller may have chosen the place. */
  fetch: typeof fetch
}

/** Makes the client of a provider. Throws a ModelError for a type that nothing here speaks. */
export function createModelProvider({ type }: ProviderConnection, _services: ProviderServices): ModelProvider {
  if (type === 'sim') return createSimProvider()
  throw new ModelError('unavailable', `no provider of type ${type}`, { retryable: false })
}

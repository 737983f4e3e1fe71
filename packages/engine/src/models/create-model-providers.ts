import type { ModelProvider } from './model-provider.ts'
import { createSimProvider } from './sim/sim-provider.ts'

/** The model providers by their type, as `providers.type` names them. A type that is not here has no server that speaks it. */
export function createModelProviders(): ReadonlyMap<string, ModelProvider> {
  return new Map([createSimProvider()].map((provider) => [provider.type, provider]))
}

import type { CreateProvider } from '../../src/models/model-providers.ts'
import { createSimProvider } from '../../src/models/sim/sim-provider.ts'
import type { ModelProvider } from '../../src/index.ts'

/** Puts another voice in place of every provider's. */
export function speakAs(stream: ModelProvider['stream']): CreateProvider {
  const provider = { ...createSimProvider(), stream }
  return () => provider
}

import type { ProviderType } from '@reprise/contract'
import { fieldError } from '../errors/to-app-error.ts'
import type { Services } from '../services.ts'

interface ProviderSettings {
  provider_type: ProviderType
  base_url: string | null
}

/** Refuses a provider that no call could reach. */
export function checkProviderSettings({ engine }: Services, { provider_type, base_url }: ProviderSettings): void {
  if (provider_type === 'sim' && base_url !== null) throw fieldError('invalid_request', 'base_url', 'the simulated provider is at no address')
  if (provider_type === 'openai_compatible' && base_url === null) throw fieldError('invalid_request', 'base_url', 'must be given: openai_compatible has no address of its own')
  const problem = base_url === null ? null : engine.describeUrlProblem(base_url)
  if (problem) throw fieldError('invalid_request', 'base_url', problem)
}

/** Seals a key for its provider's row. Null for none. */
export function sealKey({ engine }: Services, apiKey: string | null, row: { organization_id: string; id: string }, { provider_type }: ProviderSettings): Uint8Array | null {
  if (apiKey === null) return null
  if (provider_type === 'sim') throw fieldError('invalid_request', 'api_key', 'the simulated provider takes no key')
  if (!engine.providerKeys.canSeal) {
    throw fieldError('secret_key_missing', 'api_key', 'cannot be stored: the server has no REPRISE_SECRET_KEY to encrypt it with (32 bytes, as base64 or hex)')
  }
  return engine.providerKeys.seal(apiKey, row)
}

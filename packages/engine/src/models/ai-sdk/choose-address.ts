import { ModelError } from '../model-error.ts'
import type { ProviderConnection } from '../model-provider.ts'
import type { Vendor } from './vendor.ts'

/** Where a vendor is asked. A `base_url` without a path means its `/v1`, as all of these servers have one. */
export function chooseAddress({ type, base_url }: ProviderConnection, { address }: Vendor): string {
  const chosen = base_url ?? address
  if (chosen === null) throw new ModelError('unavailable', `a provider of type ${type} needs a base_url`, { retryable: false })
  if (!URL.canParse(chosen)) throw new ModelError('unavailable', 'the base_url of the provider is not a url', { retryable: false })
  const trimmed = chosen.replace(/\/+$/, '')
  return new URL(trimmed).pathname === '/' ? `${trimmed}/v1` : trimmed
}

/** Some vendors' addresses are told without their version. */
export function joinVersion(address: string): string {
  return address.endsWith('/v1') ? address : `${address}/v1`
}

import { seeded, seededVendors, type ProviderConnectionRow, type VendorType } from '@reprise/store'
import type { KeyRing } from './key-ring.ts'

/** Which row a key is for. */
export interface ProviderRow {
  organization_id: string
  id: string
}

/** What of a provider decides whether the environment's key may serve it. */
export type ServedProvider = ProviderRow & Pick<ProviderConnectionRow, 'provider_type' | 'base_url'>

export interface ProviderKeysOptions {
  ring: KeyRing
  /** From the environment, for the seeded providers. */
  environmentKeys: Partial<Record<VendorType, string>>
}

/** The keys of providers: those that rows hold, sealed, and those that the environment gives. */
export class ProviderKeys {
  readonly #ring: KeyRing
  readonly #environmentKeys: ReadonlyMap<string, string>

  constructor({ ring, environmentKeys }: ProviderKeysOptions) {
    this.#ring = ring
    this.#environmentKeys = new Map(Object.entries(environmentKeys))
  }

  get canSeal(): boolean {
    return this.#ring.canSeal
  }

  seal(apiKey: string, { organization_id, id }: ProviderRow): Uint8Array {
    return this.#ring.seal(apiKey, providerBelongings(organization_id, id))
  }

  /** Throws SealBroken for a key that was sealed elsewhere, for another row, or changed. */
  open(sealed: Uint8Array, { organization_id, id }: ProviderRow): string {
    return this.#ring.open(sealed, providerBelongings(organization_id, id))
  }

  /** The environment's key serves the seeded provider of its vendor at the vendor's own address, and no other row. */
  findEnvironmentKey({ organization_id, id, provider_type, base_url }: ServedProvider): string | null {
    const type = provider_type as VendorType // or any other, which is not in the map
    const isSeeded = organization_id === seeded.organization_id && seededVendors[type]?.provider_id === id
    return isSeeded && base_url === null ? (this.#environmentKeys.get(type) ?? null) : null
  }
}

/** What a sealed key is bound to: its use, its organization and its row. */
export function providerBelongings(organizationId: string, providerId: string): string[] {
  return ['provider api key', organizationId, providerId]
}

import { listSealedKeys, replaceSealedKey, seeded, vendors, type Database, type ProviderConnectionRow, type VendorType } from '@reprise/store'
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
    return this.#ring.seal(apiKey, belongings(organization_id, id))
  }

  /** Throws SealBroken for a key that was sealed elsewhere, for another row, or changed. */
  open(sealed: Uint8Array, { organization_id, id }: ProviderRow): string {
    return this.#ring.open(sealed, belongings(organization_id, id))
  }

  /** The environment's key serves the seeded provider of its vendor at the vendor's own address, and no other row. */
  findEnvironmentKey({ organization_id, id, provider_type, base_url }: ServedProvider): string | null {
    const type = provider_type as VendorType // or any other, which is not in the map
    const isSeeded = organization_id === seeded.organization_id && vendors[type]?.provider_id === id
    return isSeeded && base_url === null ? (this.#environmentKeys.get(type) ?? null) : null
  }

  /** Seals anew what an earlier secret key sealed, so that it can be forgotten. Leaves what it cannot open. */
  async renewSeals(db: Database): Promise<{ renewed: number; unreadable: number }> {
    const counts = { renewed: 0, unreadable: 0 }
    if (!this.canSeal) return counts
    for (const sealed of await listSealedKeys(db)) {
      if (this.#ring.isCurrent(sealed.api_key_ciphertext)) continue
      const row = { organization_id: sealed.organization_id, id: sealed.provider_id }
      const apiKey = this.#tryOpen(sealed.api_key_ciphertext, row)
      if (apiKey === null) counts.unreadable += 1
      else {
        await replaceSealedKey(db, sealed, this.seal(apiKey, row))
        counts.renewed += 1
      }
    }
    return counts
  }

  #tryOpen(sealed: Uint8Array, row: ProviderRow): string | null {
    try {
      return this.open(sealed, row)
    } catch {
      return null
    }
  }
}

/** What a sealed key is bound to: its use, its organization and its row. */
function belongings(organizationId: string, providerId: string): string[] {
  return ['provider api key', organizationId, providerId]
}

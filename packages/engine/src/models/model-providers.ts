/**
 * The clients of the providers that turns of this process talk to, each made when it is first needed.
 *
 * V1  A client is kept for as long as its row does not change: every turn brings the row's version along with its model,
 *     so no call asks the database for it, and a changed key or address holds for every process from the next turn on.
 * V2  A turn that is older than the client uses the newer one: what was taken away must not go on.
 */
import { readProviderConnection, seededVendors, type Database, type ProviderConnectionRow, type TurnModel, type VendorType } from '@reprise/store'
import { SealBroken } from '../secrets/key-ring.ts'
import type { ProviderKeys, ProviderRow } from '../secrets/provider-keys.ts'
import { createModelProvider } from './create-model-provider.ts'
import { hideKey } from './hide-key.ts'
import { ModelError } from './model-error.ts'
import type { ModelProvider, ProviderConnection } from './model-provider.ts'
import type { ProviderServices } from './provider-services.ts'

export type CreateProvider = (connection: ProviderConnection, services: ProviderServices) => ModelProvider | Promise<ModelProvider>

export interface ModelProvidersOptions {
  db: Database
  keys: ProviderKeys
  services: ProviderServices
  create?: CreateProvider | undefined
}

interface Client {
  version: number
  provider: Promise<ModelProvider>
}

/** A client holds no connection: what is forgotten is made again. */
const clientsMax = 1_000

export class ModelProviders {
  readonly #options: ModelProvidersOptions
  readonly #clients = new Map<string, Client>()

  constructor(options: ModelProvidersOptions) {
    this.#options = options
  }

  /** Throws a ModelError when the provider cannot be talked to. */
  async find(organizationId: string, { provider_id, provider_version }: TurnModel): Promise<ModelProvider> {
    const row = { organization_id: organizationId, id: provider_id }
    const name = `${organizationId} ${provider_id}`
    const known = this.#clients.get(name)
    if (known && known.version >= provider_version) return await known.provider
    if (this.#clients.size >= clientsMax) this.#clients.clear()
    const client: Client = { version: provider_version, provider: this.#make(row, (version) => (client.version = version)) }
    this.#clients.set(name, client)
    // The next call tries again.
    client.provider.catch(() => {
      if (this.#clients.get(name) === client) this.#clients.delete(name)
    })
    return await client.provider
  }

  async #make(row: ProviderRow, onVersion: (version: number) => void): Promise<ModelProvider> {
    const { db, services, create = createModelProvider } = this.#options
    const found = await readProviderConnection(db, row.organization_id, row.id)
    if (!found || found.is_deleted) throw unavailable('the provider of this model was deleted')
    onVersion(found.version)
    const { provider_type: type, base_url } = found
    const api_key = this.#findKey(row, found)
    const provider = await create({ type, base_url, api_key }, services)
    return api_key === null ? provider : hideKey(provider, api_key)
  }

  #findKey(row: ProviderRow, found: ProviderConnectionRow): string | null {
    const { keys } = this.#options
    if (found.api_key_ciphertext) return this.#openKey(row, found.name, found.api_key_ciphertext)
    const fromEnvironment = keys.findEnvironmentKey({ ...row, ...found })
    const vendor = seededVendors[found.provider_type as VendorType] // or any other type, which has none
    if (fromEnvironment === null && vendor && found.base_url === null) {
      const setting = vendor.provider_id === row.id ? `, or the server be started with ${vendor.setting}` : ''
      throw unavailable(`the provider ${found.name} has no key: its api_key must be set${setting}`)
    }
    return fromEnvironment
  }

  #openKey(row: ProviderRow, name: string, sealed: Uint8Array): string {
    try {
      return this.#options.keys.open(sealed, row)
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      throw unavailable(`the key of the provider ${name} cannot be read: ${error.message}. Is REPRISE_SECRET_KEY the one that it was stored with?`, error)
    }
  }
}

function unavailable(message: string, cause?: unknown): ModelError {
  return new ModelError('unavailable', message, { retryable: false, cause })
}

import type { TurnModel } from '@reprise/store'
import { createModelProvider, type ProviderServices } from './create-model-provider.ts'
import type { ModelProvider, ProviderConnection } from './model-provider.ts'

export type CreateProvider = (connection: ProviderConnection, services: ProviderServices) => ModelProvider

/** The clients of the providers that turns of this process talk to, each made when it is first needed. */
export class ModelProviders {
  readonly #services: ProviderServices
  readonly #create: CreateProvider
  readonly #providers = new Map<string, ModelProvider>()

  constructor(services: ProviderServices, create: CreateProvider = createModelProvider) {
    this.#services = services
    this.#create = create
  }

  /** Throws a ModelError when the provider cannot be talked to. */
  async find({ provider_id, provider_type }: TurnModel): Promise<ModelProvider> {
    let provider = this.#providers.get(provider_id)
    if (!provider) {
      provider = this.#create({ type: provider_type, base_url: null, api_key: null }, this.#services)
      this.#providers.set(provider_id, provider)
    }
    return provider
  }
}

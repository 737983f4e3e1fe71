import { keepWebhookSecret, type Database, type TurnDefinition } from '@reprise/store'
import type { Egress } from '../egress/egress.ts'
import type { Capability } from './capabilities.ts'
import { chooseTurnTools, listDefinedSources, type TurnTools } from './turn-tools.ts'
import { createWebhookTool } from './webhook.ts'

/** Gives turns their tools. */
export class Toolbox {
  readonly #db: Database
  readonly #egress: Egress
  readonly #capabilities: readonly Capability[]
  /** By organization. A secret does not change once it is there. */
  readonly #secrets = new Map<string, Promise<string>>()

  constructor(db: Database, egress: Egress, capabilities: readonly Capability[]) {
    this.#db = db
    this.#egress = egress
    this.#capabilities = capabilities
  }

  async choose(organizationId: string, definition: TurnDefinition): Promise<TurnTools> {
    const hasWebhooks = definition.tools.some((tool) => tool.type === 'webhook')
    const signing_secret = hasWebhooks ? await this.#secretOf(organizationId) : ''
    return chooseTurnTools(listDefinedSources(definition, this.#capabilities, (webhook) => createWebhookTool(webhook, { egress: this.#egress, signing_secret })))
  }

  #secretOf(organizationId: string): Promise<string> {
    let secret = this.#secrets.get(organizationId)
    if (!secret) {
      secret = keepWebhookSecret(this.#db, organizationId)
      this.#secrets.set(organizationId, secret)
      secret.catch(() => this.#secrets.delete(organizationId))
    }
    return secret
  }
}

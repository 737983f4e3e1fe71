import { keepWebhookSecret, type Database } from '@reprise/store'
import type { Egress } from '../egress/egress.ts'
import type { Capability } from './capabilities.ts'
import type { McpTools, TurnOfTools } from './mcp/mcp-tools.ts'
import { chooseTurnTools, listDefinedSources, toTurnTool, type TurnTools } from './turn-tools.ts'
import { createWebhookTool } from './webhook.ts'

/** Gives turns their tools. */
export class Toolbox {
  readonly #db: Database
  readonly #egress: Egress
  readonly #capabilities: readonly Capability[]
  readonly #mcp: McpTools
  /** By organization. A secret does not change once it is there. */
  readonly #secrets = new Map<string, Promise<string>>()

  constructor(db: Database, egress: Egress, capabilities: readonly Capability[], mcp: McpTools) {
    this.#db = db
    this.#egress = egress
    this.#capabilities = capabilities
    this.#mcp = mcp
  }

  async choose(turn: TurnOfTools, signal: AbortSignal): Promise<TurnTools> {
    const { organization_id, definition } = turn
    const hasWebhooks = definition.tools.some((tool) => tool.type === 'webhook')
    const signing_secret = hasWebhooks ? await this.#secretOf(organization_id) : ''
    const defined = listDefinedSources(definition, this.#capabilities, (webhook) => createWebhookTool(webhook, { egress: this.#egress, signing_secret }))
    const mcp = await this.#mcp.choose(turn, signal)
    const tools = chooseTurnTools([...defined, { origin: 'an MCP server', tools: mcp.tools.map((tool) => toTurnTool(tool)) }])
    return { ...tools, find: (name) => tools.find(name) ?? (tools.isCallers(name) ? null : mcp.findAbsent(name)) }
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

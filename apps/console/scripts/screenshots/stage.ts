import { join } from 'node:path'
import { startMcpServer, type McpTestServer } from '../../../../packages/engine/test/mcp/mcp-server.ts'
import type { OpenAiRequest } from '../../../../packages/engine/test/protocol/openai-protocol.ts'
import { startOpenAiServer } from '../../../../packages/engine/test/protocol/openai-server.ts'
import type { ProtocolServer } from '../../../../packages/engine/test/protocol/protocol-server.ts'
import { startCli, type CliProcess } from '../../../host/test/support/start-cli.ts'
import { unknownModel } from './add-models.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { offerShop } from './shop.ts'

/** The processes of a small installation: one that serves, those that run turns, a vendor, and the shop's MCP server. */
export class Stage {
  readonly address: string
  /** Answers what is queued, as a vendor would. */
  readonly vendor: ProtocolServer<OpenAiRequest>
  readonly shop: McpTestServer
  /** Takes what webhooks tell. */
  readonly receiver: Receiver
  readonly #settings: Record<string, string>
  readonly #server: CliProcess
  readonly #workers: CliProcess[] = []

  private constructor(address: string, server: CliProcess, settings: Record<string, string>, { vendor, shop, receiver }: Pick<Stage, 'vendor' | 'shop' | 'receiver'>) {
    this.address = address
    this.vendor = vendor
    this.shop = shop
    this.receiver = receiver
    this.#settings = settings
    this.#server = server
  }

  static async open(folder: string): Promise<Stage> {
    const [vendor, shop, receiver] = await Promise.all([startOpenAiServer({ key: null, knows: (model) => model !== unknownModel }), startMcpServer(offerShop), startReceiver()])
    const settings = { PORT: '0', REPRISE_DATA_DIR: join(folder, 'data'), REPRISE_EGRESS_ALLOW: [vendor, shop, receiver].map(({ place }) => place).join() }
    const server = startCli(['serve', '--role', 'api'], settings)
    const [, address] = await server.waitFor(/Address\s+(\S+)/)
    return new Stage(address!, server, settings, { vendor, shop, receiver })
  }

  async startWorker(): Promise<void> {
    const worker = startCli(['serve', '--role', 'worker'], this.#settings)
    this.#workers.push(worker)
    await worker.waitFor(/Address\s+(\S+)/)
  }

  /** As a machine that loses its power. */
  async killWorker(): Promise<void> {
    const worker = this.#workers.shift()
    worker?.signal('SIGKILL')
    await worker?.ended
  }

  /** The server last: it is the last one out that stops PostgreSQL. */
  async close(): Promise<void> {
    for (const process of [...this.#workers, this.#server]) {
      process.signal('SIGTERM')
      await process.ended
    }
    await Promise.all([this.vendor.close(), this.shop.close(), this.receiver.close()])
  }
}

import type { Compute } from '@reprise/compute'
import type { ModelRequest, ModelTry, McpServerRef } from '@reprise/contract'
import { createPool, Definitions, recordBreakers, type Database, type DatabasePool, type Journal, type OpenBreaker, type TurnModel, type TurnSettingsQuery, type VendorType } from '@reprise/store'
import { Background } from './background/background.ts'
import { createEraseSessions } from './background/erase-sessions.ts'
import { createForgetDefinitions } from './background/forget-definitions.ts'
import { createPrunePast } from './background/prune-past.ts'
import { acceptMessage, type AcceptOutcome, type IncomingMessage } from './accept-message.ts'
import { cancelTurns, type CancelOutcome, type CancelRequest } from './cancel-turns.ts'
import { deleteSession, type DeleteSessionRequest } from './delete-session.ts'
import { createEgress } from './egress/egress.ts'
import { ModelProviders, type CreateProvider } from './models/model-providers.ts'
import { ProviderBreakers } from './models/provider-breakers.ts'
import { tryModel, type TryRequest } from './models/try-model.ts'
import { watchSilence } from './models/watch-silence.ts'
import { FittedImages } from './prompt/fitted-images.ts'
import { rebuildRequest, type RebuildRequest } from './prompt/rebuild-request.ts'
import { SessionPasts } from './prompt/session-pasts.ts'
import { retryTurn, type RetryOutcome } from './retry-turn.ts'
import { KeyRing } from './secrets/key-ring.ts'
import { ProviderKeys } from './secrets/provider-keys.ts'
import { renewSeals, type RenewedSeals } from './secrets/renew-seals.ts'
import { SettingsLoader } from './settings-loader.ts'
import { submitToolApprovals, type ApproveOutcome, type ApproveRequest } from './submit-tool-approvals.ts'
import { submitToolResults, type SubmitOutcome, type SubmitRequest } from './submit-tool-results.ts'
import { builtInCapabilities, type Capability } from './tools/capabilities.ts'
import type { ConnectionTimes } from './tools/mcp/mcp-connection.ts'
import { McpTools } from './tools/mcp/mcp-tools.ts'
import { listServerRefs } from './tools/mcp/list-server-refs.ts'
import type { OperatorMcpServer } from './tools/mcp/server-spec.ts'
import { Toolbox } from './tools/toolbox.ts'
import { createWebFetch } from './tools/web-fetch.ts'
import { turnLimits, type TurnLimits } from './turn/turn-limits.ts'
import type { Log } from './turn/turn-run.ts'
import { deliveryTerms, type DeliveryTerms } from './webhooks/delivery-terms.ts'
import { postSigned, type PostOutcome, type SignedPost } from './webhooks/post-signed.ts'
import { WebhookDeliveries } from './webhooks/webhook-deliveries.ts'
import { Worker } from './worker.ts'

export interface EngineOptions {
  connectionString: string
  db: Database & DatabasePool
  journal: Journal
  compute: Compute
  log: Log
  /** Makes the clients of providers; tests put other voices in their place. */
  createProvider?: CreateProvider
  /** Server-side tools beside the built-in ones, for agents to name by their refs. */
  capabilities?: readonly Capability[]
  /** Of 32 bytes: the first seals the keys of providers, the others open what they sealed before. */
  secretKeys?: readonly Uint8Array[]
  /** Keys from the environment, for the seeded providers of their vendors. */
  environmentKeys?: Partial<Record<VendorType, string>>
  /** MCP servers that agents and sessions may name by `ref`: only here may one be a program to start. */
  mcpServers?: Readonly<Record<string, OperatorMcpServer>>
  mcpTimes?: Partial<ConnectionTimes>
  /** How many turns run at once; 0: this process accepts and streams, and runs none. */
  slots?: number
  /** Inward places, as `host:port`, that may be called for a caller. */
  egressAllow?: readonly string[]
  /** How long `stop` waits for running turns. */
  graceMs?: number
  limits?: Partial<TurnLimits>
  deliveryTerms?: Partial<DeliveryTerms>
}

/** Accepts messages and runs their turns. */
export interface Engine {
  readonly worker: Worker
  /** What agents and sessions can name. */
  readonly capabilities: readonly Capability[]
  readonly providerKeys: ProviderKeys
  /** Seals what only its organization's turns may read. */
  readonly secrets: KeyRing
  /** The model that would answer a message of this session; null when none can. */
  chooseModel(query: TurnSettingsQuery): Promise<TurnModel | null>
  /** Asks a model once, to see whether and how it answers. */
  tryModel(request: Omit<TryRequest, 'timeoutMs'>): Promise<ModelTry>
  /** What went to the model in one call of a turn; null when there is no such turn. */
  rebuildRequest(request: RebuildRequest): Promise<ModelRequest | null>
  /** What `ref` can name. */
  readonly mcpServers: readonly McpServerRef[]
  /** Why this url may never be called for a caller, as far as its text can tell; null when it may. */
  describeUrlProblem(url: string): string | null
  /** Seals anew what an earlier secret key sealed. */
  renewSeals(): Promise<RenewedSeals>
  acceptMessage(message: IncomingMessage): Promise<AcceptOutcome>
  /** Durable when it returns; the running turn's terminal event follows within a second. */
  cancelTurns(request: CancelRequest): Promise<CancelOutcome>
  /** Answers client-side tool calls that a parked turn waits for. All of them are stored, or none. */
  submitToolResults(request: SubmitRequest): Promise<SubmitOutcome>
  /** Decides calls of a parked turn that need approval. All decisions are stored, or none. */
  submitToolApprovals(request: ApproveRequest): Promise<ApproveOutcome>
  /** Posts the message of a failed turn again, as a new turn. */
  retryTurn(request: { organization_id: string; turn_id: string }): Promise<RetryOutcome>
  /** Has what webhooks of an organization are due looked after at once, rather than within a minute. */
  orderDueDeliveries(organizationId: string): Promise<void>
  /** Posts something to a webhook, once and now. */
  postSigned(post: SignedPost): Promise<PostOutcome>
  /** Deletes a session with everything in it: gone for everybody when it returns, erased soon after. False when it is not there. */
  deleteSession(request: DeleteSessionRequest): Promise<boolean>
  /** What is done beside requests and turns, and who orders it. */
  readonly background: Background
  /** Begins to heartbeat, and to take up what an earlier process left. */
  start(): Promise<void>
  /** Begins with what is neither a request nor a turn. Takes its time on a new database; nothing waits for it. */
  startBackground(): Promise<void>
  /** Stops taking turns, lets the running ones finish for a while, and leaves the rest to others. */
  stop(): Promise<void>
}

const slotsDefault = 256
const graceMsDefault = 5_000

export function createEngine(options: EngineOptions): Engine {
  const { connectionString, db, journal, compute, log, createProvider, slots = slotsDefault, egressAllow = [], graceMs = graceMsDefault } = options
  const egress = createEgress({ allow: egressAllow })
  const limits = { ...turnLimits, ...options.limits }
  const capabilities = [...builtInCapabilities, createWebFetch({ egress, compute }), ...(options.capabilities ?? [])]
  const secrets = new KeyRing(options.secretKeys ?? [])
  const providerKeys = new ProviderKeys({ ring: secrets, environmentKeys: options.environmentKeys ?? {} })
  const providerServices = { fetch: watchSilence(egress.fetch, limits.modelSilenceMsMax) }
  const providers = new ModelProviders({ db, keys: providerKeys, services: providerServices, create: createProvider })
  const { mcpServers = {}, mcpTimes } = options
  const mcp = new McpTools({ db, egress, compute, log, secrets, servers: mcpServers, ...(mcpTimes && { times: mcpTimes }) })
  const toolbox = new Toolbox(db, egress, capabilities, mcp)
  // Opens no connection before a tool needs one.
  const transactions = createPool({ connectionString, applicationName: 'reprise tools' })
  const turnServices = {
    db,
    transactions,
    journal,
    compute,
    toolbox,
    providers,
    breakers: new ProviderBreakers((open) => noteBreakers(open)),
    pasts: new SessionPasts(),
    egress,
    fittedImages: new FittedImages(),
    limits,
    log,
  }
  const worker = new Worker({ services: turnServices, connectionString, slots, graceMs })
  // One after the other, so that the last word stands; to be seen, and never in a turn's way.
  let noted: Promise<void> = Promise.resolve()
  function noteBreakers(open: OpenBreaker[]): void {
    log.warn({ breakers: open }, open.length === 0 ? 'every provider is called again' : 'a provider fails, and is left alone for a while')
    noted = noted.then(() => recordBreakers(db, worker.id, open)).catch((err: unknown) => log.warn({ err }, 'the state of the breakers was not recorded'))
  }
  const settings = new SettingsLoader(db)
  const services = { db, journal, compute, worker, settings, definitions: new Definitions() }
  const order: Background['order'] = (name, sent, when) => background.order(name, sent, when)
  const terms = { ...deliveryTerms, ...options.deliveryTerms }
  const deliveries = new WebhookDeliveries({ db, transactions, egress, secrets, terms, order, log })
  journal.onCommitted((committed) => deliveries.committed(committed))
  const duties = [
    createEraseSessions({ pool: db, orderLater: (name, startAfter) => background.order(name, {}, { startAfter }) }),
    createPrunePast({ db }),
    createForgetDefinitions({ db }),
    ...deliveries.duties,
  ]
  const background: Background = new Background({ connectionString, log, duties, performs: slots > 0 })
  const stopped = new AbortController()
  let stopping: Promise<void> | null = null
  async function stop(): Promise<void> {
    stopped.abort()
    await deliveries.stop()
    await Promise.all([background.stop(), worker.stop()])
    turnServices.breakers.stop()
    await mcp.stop()
    await egress.stop()
    await transactions.end()
  }
  return {
    worker,
    capabilities,
    providerKeys,
    secrets,
    chooseModel: async (query) => (await settings.load(query))?.model ?? null,
    tryModel: (request) => tryModel(providers, { ...request, timeoutMs: limits.modelTryMsMax }),
    rebuildRequest: (request) => rebuildRequest(turnServices, request),
    mcpServers: listServerRefs(mcpServers),
    describeUrlProblem: egress.describeProblem,
    renewSeals: () => renewSeals(db, secrets),
    acceptMessage: (message) => acceptMessage(services, message),
    cancelTurns: (request) => cancelTurns(services, request),
    submitToolResults: (request) => submitToolResults(services, request),
    submitToolApprovals: (request) => submitToolApprovals(services, request),
    retryTurn: (request) => retryTurn(services, request),
    deleteSession: (request) => deleteSession({ pool: db, worker, background, pasts: turnServices.pasts }, request),
    background,
    start: () => worker.start(),
    orderDueDeliveries: (organizationId) => deliveries.orderSoon([organizationId]),
    postSigned: (post) => postSigned(egress, post, { signal: stopped.signal, timeoutMs: terms.timeoutMs }),
    async startBackground() {
      await background.begin()
      // What an earlier process left.
      if (await background.isReady()) await deliveries.orderSoon(null)
    },
    stop: () => (stopping ??= stop()),
  }
}

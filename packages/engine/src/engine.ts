import type { Compute } from '@reprise/compute'
import { createPool, Definitions, type Database, type Journal } from '@reprise/store'
import { acceptMessage, type AcceptOutcome, type IncomingMessage } from './accept-message.ts'
import { cancelTurns, type CancelOutcome, type CancelRequest } from './cancel-turns.ts'
import { createEgress } from './egress/egress.ts'
import { ModelProviders, type CreateProvider } from './models/model-providers.ts'
import { ProviderBreakers } from './models/provider-breakers.ts'
import { SessionPasts } from './prompt/session-pasts.ts'
import { retryTurn, type RetryOutcome } from './retry-turn.ts'
import { SettingsLoader } from './settings-loader.ts'
import { submitToolResults, type SubmitOutcome, type SubmitRequest } from './submit-tool-results.ts'
import { builtInCapabilities, type Capability } from './tools/capabilities.ts'
import { Toolbox } from './tools/toolbox.ts'
import { createWebFetch } from './tools/web-fetch.ts'
import { turnLimits, type TurnLimits } from './turn/turn-limits.ts'
import type { Log } from './turn/turn-run.ts'
import { Worker } from './worker.ts'

export interface EngineOptions {
  connectionString: string
  db: Database
  journal: Journal
  compute: Compute
  log: Log
  /** Makes the clients of providers; for tests and for vendors that an embedding app adds. */
  createProvider?: CreateProvider
  /** Server-side tools beside the built-in ones, for agents to name by their refs. */
  capabilities?: readonly Capability[]
  /** How many turns run at once; 0: this process accepts and streams, and runs none. */
  slots?: number
  /** Inward places, as `host:port`, that may be called for a caller. */
  egressAllow?: readonly string[]
  /** How long `stop` waits for running turns. */
  graceMs?: number
  limits?: Partial<TurnLimits>
}

/** Accepts messages and runs their turns. */
export interface Engine {
  readonly worker: Worker
  /** What agents and sessions can name. */
  readonly capabilities: readonly Capability[]
  acceptMessage(message: IncomingMessage): Promise<AcceptOutcome>
  /** Durable when it returns; the running turn's terminal event follows within a second. */
  cancelTurns(request: CancelRequest): Promise<CancelOutcome>
  /** Answers client-side tool calls that a parked turn waits for. All of them are stored, or none. */
  submitToolResults(request: SubmitRequest): Promise<SubmitOutcome>
  /** Posts the message of a failed turn again, as a new turn. */
  retryTurn(request: { organization_id: string; turn_id: string }): Promise<RetryOutcome>
  /** Begins to heartbeat, and to take up what an earlier process left. */
  start(): Promise<void>
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
  const providers = new ModelProviders({ fetch: egress.fetch }, createProvider)
  const toolbox = new Toolbox(db, egress, capabilities)
  // Opens no connection before a tool needs one.
  const transactions = createPool({ connectionString, applicationName: 'reprise tools' })
  const turnServices = { db, transactions, journal, compute, toolbox, providers, breakers: new ProviderBreakers(), pasts: new SessionPasts(), limits, log }
  const worker = new Worker({ services: turnServices, connectionString, slots, graceMs })
  const services = { db, journal, compute, worker, settings: new SettingsLoader(db), definitions: new Definitions() }
  let stopping: Promise<void> | null = null
  async function stop(): Promise<void> {
    await worker.stop()
    await egress.stop()
    await transactions.end()
  }
  return {
    worker,
    capabilities,
    acceptMessage: (message) => acceptMessage(services, message),
    cancelTurns: (request) => cancelTurns(services, request),
    submitToolResults: (request) => submitToolResults(services, request),
    retryTurn: (request) => retryTurn(services, request),
    start: () => worker.start(),
    stop: () => (stopping ??= stop()),
  }
}

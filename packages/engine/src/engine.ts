import { Definitions } from '@reprise/store'
import { acceptMessage, type AcceptOutcome, type IncomingMessage } from './accept-message.ts'
import { createModelProviders } from './models/create-model-providers.ts'
import { SessionPasts } from './prompt/session-pasts.ts'
import { SettingsLoader } from './settings-loader.ts'
import type { TurnServices } from './turn/turn-run.ts'
import { Worker, type WorkerOptions } from './worker.ts'

export interface EngineOptions extends Omit<WorkerOptions, 'providers' | 'pasts' | 'slots'> {
  providers?: TurnServices['providers']
  slots?: number
}

/** Accepts messages and runs their turns. */
export interface Engine {
  readonly worker: Worker
  acceptMessage(message: IncomingMessage): Promise<AcceptOutcome>
  /** Begins to heartbeat, and to take up what an earlier process left. */
  start(): Promise<void>
  /** Stops taking turns, lets the running ones finish for a while, and leaves the rest to others. */
  stop(): Promise<void>
}

const slotsDefault = 256

export function createEngine({ providers = createModelProviders(), slots = slotsDefault, ...options }: EngineOptions): Engine {
  const worker = new Worker({ ...options, providers, pasts: new SessionPasts(), slots })
  const { db, journal } = options
  const services = { db, journal, worker, settings: new SettingsLoader(db), definitions: new Definitions() }
  return {
    worker,
    acceptMessage: (message) => acceptMessage(services, message),
    start: () => worker.start(),
    stop: () => worker.stop(),
  }
}

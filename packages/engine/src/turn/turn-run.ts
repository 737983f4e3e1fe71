import type { Compute } from '@reprise/compute'
import type { Database, Journal } from '@reprise/store'
import type { EarlierTurn } from '../prompt/earlier-turns.ts'
import type { SessionPasts } from '../prompt/session-pasts.ts'
import type { ModelProvider } from '../models/model-provider.ts'
import type { Tool } from '../tools/tool.ts'
import type { Turn } from './turn.ts'
import type { TurnWriter } from './turn-writer.ts'

/** The little of a logger that the engine uses; pino's fits. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What running turns needs of its process. */
export interface TurnServices {
  db: Database
  journal: Journal
  compute: Compute
  providers: ReadonlyMap<string, ModelProvider>
  pasts: SessionPasts
  log: Log
}

/** One worker's go at one turn, from where the turn stands until it ends or is lost. */
export interface TurnRun {
  services: TurnServices
  turn: Turn
  tools: readonly Tool[]
  writer: TurnWriter
  /** The worker that takes the session's next turn when this one ends: asked then, for by then it may be stopping. */
  nextWorkerId: () => string | null
  /** Aborted when the turn is no longer this worker's: every step stops at once. */
  signal: AbortSignal
  /** The attempts that intents found in the journal have had: a call in here may have run before. */
  attemptsBefore: Map<string, number>
  /** The turns before this one, once a prompt needed them. */
  earlier: EarlierTurn[] | null
  /** Of the first model call of this run. */
  time_to_first_token_ms: number | null
}

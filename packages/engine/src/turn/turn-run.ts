import type { Compute } from '@reprise/compute'
import type { ApprovalDecision, EffectsMode } from '@reprise/contract'
import type { Database, DatabasePool, Journal } from '@reprise/store'
import type { Egress } from '../egress/egress.ts'
import type { ProviderBreakers } from '../models/provider-breakers.ts'
import type { ModelProviders } from '../models/model-providers.ts'
import type { EarlierTurn } from '../prompt/earlier-turns.ts'
import type { FittedImages } from '../prompt/fitted-images.ts'
import type { PromptMemory } from '../prompt/prompt-memory.ts'
import type { SessionPasts } from '../prompt/session-pasts.ts'
import type { Toolbox } from '../tools/toolbox.ts'
import type { TurnTools } from '../tools/turn-tools.ts'
import type { Lease } from './lease.ts'
import type { TurnLimits } from './turn-limits.ts'
import type { TurnWriter } from './turn-writer.ts'
import type { Turn } from './turn.ts'

/** The little of a logger that the engine uses; pino's fits. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What running turns needs of its process. */
export interface TurnServices {
  db: Database
  /** For tools that write in a transaction with their result. */
  transactions: DatabasePool
  journal: Journal
  compute: Compute
  toolbox: Toolbox
  providers: ModelProviders
  breakers: ProviderBreakers
  pasts: SessionPasts
  egress: Egress
  fittedImages: FittedImages
  limits: TurnLimits
  log: Log
}

/** One worker's go at one turn, from where the turn stands until it ends, parks or is lost. */
export interface TurnRun {
  services: TurnServices
  turn: Turn
  tools: TurnTools
  writer: TurnWriter
  /** Every step stops at once when its signal is aborted. */
  lease: Lease
  worker_id: string
  /** The worker that takes the session's next turn when this one ends: asked then, for by then it may be stopping. */
  nextWorkerId: () => string | null
  /** The first step of this run may have been begun before, by another worker or by this one. */
  stepMayHaveBegun: boolean
  /** Calls found in the journal without a result. */
  foundCalls: ReadonlyMap<string, FoundCall>
  /** What is wrong with the arguments of a call, null for nothing: such a call is answered with it instead of being run. */
  faults: Map<string, string | null>
  /** What a model had said when a cancel cut it off. */
  cutOff: { text: string } | null
  /** The turns before this one, once a prompt needed them. */
  earlier: EarlierTurn[] | null
  /** What its prompts share. */
  prompt: PromptMemory
  /** Of the first model call of this run. */
  time_to_first_token_ms: number | null
}

export interface FoundCall {
  /** The attempt that is to be made now. */
  attempt: number
  /** Another worker may have made one before. */
  mayHaveRun: boolean
  /** As they were pinned when the call was made. */
  effects: EffectsMode
  /** Whether it may run, for a tool that needs approval; null for any other. */
  decision: ApprovalDecision | 'required' | null
  /** It has been put to its caller or to an approver. */
  wasAsked: boolean
  /** They had so long to answer, and did not. */
  isExpired: boolean
}

import { z } from 'zod'

/**
 * Where a turn stands. Who moves it on:
 * `waiting` (behind another turn of its session) → `ready` or `running`: the checkpoint that ends the turn before it;
 * `ready` (anybody may take it) → `running`: a worker's claim;
 * `running` (a worker holds its lease) → any other: its owner's checkpoint, or the reaper when the owner died;
 * `parked` (waits for a caller) → `running`: an answer, a deadline or a message;
 * `completed`, `failed`, `cancelled`: nobody, ever.
 */
export const turnStatuses = ['waiting', 'ready', 'running', 'parked', 'completed', 'failed', 'cancelled'] as const
export const turnStatus = z.enum(turnStatuses)
export type TurnStatus = z.output<typeof turnStatus>

export const turnHasEnded = {
  waiting: false,
  ready: false,
  running: false,
  parked: false,
  completed: true,
  failed: true,
  cancelled: true,
} as const satisfies Record<TurnStatus, boolean>

/** Why a turn failed, on `turn.failed` as `error_code`. */
export const turnErrorCodes = [
  'context_too_large',
  'max_iterations',
  'model_unavailable',
  'provider_error',
  'provider_rate_limited',
  'provider_timeout',
  'tools_unsupported',
  'worker_crashed',
  'internal_error',
] as const
export type TurnErrorCode = (typeof turnErrorCodes)[number]

export const usage = z
  .object({
    input_tokens: z.int(),
    output_tokens: z.int(),
    cache_read_tokens: z.int().optional(),
    cache_write_tokens: z.int().optional(),
    reasoning_tokens: z.int().optional(),
    cost_usd: z.number().optional().describe('To six decimals, by the prices that the model had. Absent: it had none'),
  })
  .meta({ id: 'Usage', description: 'Tokens as the model provider counts them. Those that it read from or wrote to its cache are input tokens too' })
export type Usage = z.output<typeof usage>

/** What a tool's run may cost when it is repeated: see docs/durability.md. */
export const effectsModes = ['idempotent', 'at_most_once', 'transactional'] as const
export const effectsMode = z.enum(effectsModes)
export type EffectsMode = z.output<typeof effectsMode>

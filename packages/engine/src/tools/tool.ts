import { parseValue, type EffectsMode, type Refusal } from '@reprise/contract'
import type { Transaction } from '@reprise/store'
import { z } from 'zod'
import type { ToolSpec } from '../models/model-provider.ts'

/** A tool that the server runs. */
export interface Tool extends ToolSpec {
  /** What a second run of the same call may cost: the runner decides by it after a crash. */
  readonly effects: EffectsMode
  /** A call of it waits until somebody approves it. */
  readonly requires_approval?: boolean | undefined
  /**
   * Says what is wrong with arguments, or null, for a tool that checks them itself when it runs. Without it they are
   * checked against `parameters` before it runs.
   */
  readonly findFault?: ((args: unknown) => string | null) | undefined
  /** How long one run may take, where the usual limit does not fit. */
  readonly timeout_ms?: number
  /** Runs one call with the arguments as the model sent them. What it throws is a fault of the tool, not an answer. */
  run(args: unknown, context: ToolContext): Promise<ToolOutcome>
}

/** An error is an answer too: the model reads it and may repair its call. */
export type ToolOutcome = { ok: true; result: unknown } | { ok: false; error: string }

/**
 * A run that came to no answer. The runner decides by the tool's effects mode whether it may be tried again: what
 * certainly did not happen always may, what may have happened only where it is idempotent.
 */
export class ToolFault extends Error {
  override name = 'ToolFault'
  /** False for what would fail in the same way again. */
  readonly retryable: boolean
  /** False only when the effect certainly did not begin. */
  readonly mayHaveRun: boolean
  /** When the other side asked to wait, how long. */
  readonly retry_after_ms: number | null

  constructor(message: string, { retryable, mayHaveRun, retry_after_ms, cause }: { retryable: boolean; mayHaveRun: boolean; retry_after_ms?: number; cause?: unknown }) {
    super(message, { cause })
    this.retryable = retryable
    this.mayHaveRun = mayHaveRun
    this.retry_after_ms = retry_after_ms ?? null
  }
}

export interface ToolContext {
  organization_id: string
  session_id: string
  turn_id: string
  tool_call_id: string
  /** The same for every run of this call, and of no other: made of turn and call, since models repeat call ids. */
  idempotency_key: string
  /** Counts the runs of this call, from 1. */
  attempt: number
  signal: AbortSignal
  /**
   * For a tool whose effects are `transactional`, and null for any other: what it writes here is committed together
   * with its result, or not at all.
   */
  transaction: Transaction | null
  /** Tells those who watch the session how far the tool is. */
  progress(message: string): void
}

export interface ToolDeclaration<S extends z.ZodObject> {
  name: string
  description: string
  input: S
  effects: EffectsMode
  /** Each call waits until somebody approves it. Agents may ask for that too, by `requires_approval` in a capability's config. */
  requires_approval?: boolean
  /** How long one run may take; a minute unless said. */
  timeout_ms?: number
  run(args: z.output<S>, context: ToolContext): ToolOutcome | Promise<ToolOutcome>
}

/** Makes a tool of a zod schema and a function that only ever sees arguments which passed it. */
export function defineTool<S extends z.ZodObject>({ name, description, input, effects, requires_approval = false, timeout_ms, run }: ToolDeclaration<S>): Tool {
  return {
    name,
    description,
    // The input side: a field with a default is optional to the model.
    parameters: z.toJSONSchema(input, { io: 'input' }),
    effects,
    requires_approval,
    ...(timeout_ms !== undefined && { timeout_ms }),
    findFault(args) {
      const parsed = parseValue(input, args)
      return parsed.ok ? null : describeFault(parsed.refusal)
    },
    async run(args, context) {
      const parsed = parseValue(input, args)
      return parsed.ok ? run(parsed.value, context) : { ok: false, error: describeFault(parsed.refusal) }
    },
  }
}

function describeFault({ message, errors }: Refusal): string {
  const faults = errors?.map((error) => (error.path === '' ? error.message : `${error.path}: ${error.message}`)) ?? [message]
  return `Invalid arguments: ${faults.join('; ')}`
}

import { repairText, type EffectsMode, type ToolCallPart, type ToolResultPart } from '@reprise/contract'
import { inTransaction, reachCrashPoint, type Transaction } from '@reprise/store'
import { processToolOutcome } from '../tools/process-tool-outcome.ts'
import { ToolFault, type Tool, type ToolContext, type ToolOutcome } from '../tools/tool.ts'
import { untilAborted } from './lease.ts'
import { isPassing } from './is-passing.ts'
import { pause } from './pause.ts'
import { chooseRetryDelay } from './turn-limits.ts'
import type { TurnRun } from './turn-run.ts'

/** What came of one tool call. */
export interface CallResult {
  status: 'success' | 'error' | 'cancelled' | 'outcome_unknown'
  part: ToolResultPart
}

/**
 * Runs one tool call to its result, trying again what its effects mode allows, and hands the result to `store`: within
 * the tool's transaction where it has one. Throws only when the turn is to stop.
 */
export async function runTool(run: TurnRun, call: ToolCallPart, store: StoreResult): Promise<void> {
  const given = await decideResult(run, call, store)
  if (given) await store(given)
}

export type StoreResult = (result: CallResult, within?: { transaction: Transaction; complete: () => Promise<void> }) => Promise<void>

/** Null when the result is stored already, by the transaction that it came from. */
async function decideResult(run: TurnRun, call: ToolCallPart, store: StoreResult): Promise<CallResult | null> {
  const tool = run.tools.find(call.name)
  const found = run.foundCalls.get(call.id)
  if (found?.mayHaveRun && !mayRunAgain(found.effects, tool?.effects)) {
    return failed(call, 'outcome_unknown: the server stopped while the tool ran, and this tool must not run twice.', 'outcome_unknown')
  }
  const fault = run.faults.get(call.id) ?? null
  if (fault !== null) return failed(call, fault)
  if (!tool) return failed(call, `There is no tool named ${call.name}.`)
  for (let attempt = found?.attempt ?? 1; ; attempt++) {
    try {
      if (tool.effects === 'transactional') return await attemptInTransaction(run, tool, call, attempt, store)
      return await readOutcome(run, call, await attemptTool(run, tool, call, attempt, null))
    } catch (error) {
      run.lease.signal.throwIfAborted()
      if (isPassing(error)) throw error
      const delayMs = error instanceof ToolFault ? chooseDelay(run, tool.effects, attempt, error) : null
      if (delayMs === null) return giveUp(run, tool, call, error)
      await countAttempt(run, call, attempt + 1, delayMs, error)
    }
  }
}

/** What was pinned tells what an earlier run may have done, and the tool as it is now what another would do. */
function mayRunAgain(pinned: EffectsMode, present: EffectsMode | undefined): boolean {
  if (present === undefined) return pinned === 'idempotent'
  return pinned !== 'at_most_once' && present !== 'at_most_once'
}

/**
 * The tool's writes and its result in one commit. Whatever goes wrong before that undoes them all; when nobody knows
 * whether it was committed, the turn is put down: whoever takes it up sees it, or is fenced off by it.
 */
async function attemptInTransaction(run: TurnRun, tool: Tool, call: ToolCallPart, attempt: number, store: StoreResult): Promise<CallResult | null> {
  let refused: CallResult | null = null
  await inTransaction(run.services.transactions, async (transaction, complete) => {
    const outcome = await attemptTool(run, tool, call, attempt, transaction)
    // Fails if a statement of the tool's has failed: the tool is to blame then, not the checkpoint.
    await transaction.query('SAVEPOINT before_result')
    const result = await readOutcome(run, call, outcome)
    if (result.status === 'success') await store(result, { transaction, complete })
    else refused = result
  })
  return refused
}

async function attemptTool(run: TurnRun, tool: Tool, { id, arguments: args, name }: ToolCallPart, attempt: number, transaction: Transaction | null): Promise<ToolOutcome> {
  const { turn, services, lease, writer } = run
  const limit = new AbortController()
  const timeout = setTimeout(() => limit.abort(new ToolFault('the tool did not answer in time', { retryable: true, mayHaveRun: true })), tool.timeout_ms ?? services.limits.toolCallMsMax)
  const onStop = () => limit.abort(lease.signal.reason)
  lease.signal.addEventListener('abort', onStop, { once: true })
  const context: ToolContext = {
    organization_id: turn.organization_id,
    session_id: turn.session_id,
    turn_id: turn.id,
    tool_call_id: id,
    idempotency_key: `${turn.id}:${id}`,
    attempt,
    signal: limit.signal,
    transaction,
    progress(message) {
      if (limit.signal.aborted) return
      writer.event('tool.progress', { tool_call_id: id, tool_name: name, message: repairText(String(message)) })
      writer.commit().catch(() => {})
    },
  }
  try {
    reachCrashPoint('tool.before_effect')
    const outcome = await untilAborted(tool.run(args, context), limit.signal)
    reachCrashPoint('tool.after_effect')
    return outcome
  } finally {
    clearTimeout(timeout)
    lease.signal.removeEventListener('abort', onStop)
  }
}

async function readOutcome({ services, turn, lease }: TurnRun, call: ToolCallPart, outcome: ToolOutcome): Promise<CallResult> {
  const { organization_id, session_id } = turn
  const part = await processToolOutcome(services, { organization_id, session_id, tool_call_id: call.id }, outcome, lease.signal)
  return { status: part.error === undefined ? 'success' : 'error', part }
}

/** How long to wait before the next attempt; null when there is to be none. */
function chooseDelay({ services }: TurnRun, effects: EffectsMode, attempt: number, { retryable, mayHaveRun, retry_after_ms }: ToolFault): number | null {
  const isSafe = !mayHaveRun || effects !== 'at_most_once'
  if (!retryable || !isSafe || attempt >= services.limits.toolAttemptsMax) return null
  return chooseRetryDelay(services.limits, attempt, retry_after_ms)
}

/** Durable before the attempt is made, as its intent is. */
async function countAttempt({ writer, lease }: TurnRun, { id, name }: ToolCallPart, attempt: number, delayMs: number, error: unknown): Promise<void> {
  const reason = repairText(error instanceof Error ? error.message : String(error))
  writer.changeCall({ id, attempt })
  writer.event('tool.progress', { tool_call_id: id, tool_name: name, message: `Attempt ${attempt} follows: ${reason}.` })
  await writer.commit()
  reachCrashPoint('tool.before_retry')
  await pause(delayMs, lease.signal)
}

function giveUp({ services, turn }: TurnRun, { effects }: Tool, call: ToolCallPart, error: unknown): CallResult {
  services.log.warn({ err: error, turn_id: turn.id, session_id: turn.session_id, tool: call.name }, 'a tool failed')
  if (effects === 'at_most_once' && !(error instanceof ToolFault && !error.mayHaveRun)) {
    return failed(call, 'outcome_unknown: the tool failed without an answer, and must not run twice.', 'outcome_unknown')
  }
  return failed(call, error instanceof ToolFault ? `The tool failed: ${error.message}.` : 'The tool failed.')
}

function failed({ id }: ToolCallPart, error: string, status: CallResult['status'] = 'error'): CallResult {
  return { status, part: { type: 'tool_result', tool_call_id: id, error } }
}

import type { ToolCallPart } from '@reprise/contract'
import type { ClosedBy } from '@reprise/store'
import { runTool, type CallResult } from './run-tool.ts'
import type { TurnRun } from './turn-run.ts'
import { toolCallsOf } from './turn.ts'

/**
 * Runs the open tool calls that the server owes. No tool starts before its intent is durable, nor before the attempt
 * is counted that a takeover makes; each result is a checkpoint of its own.
 */
export async function runTools(run: TurnRun, openCallIds: readonly string[]): Promise<void> {
  const { turn, writer, lease } = run
  const calls = findCalls(run, openCallIds)
  for (const { id } of calls) {
    const found = run.foundCalls.get(id)
    if (found?.mayHaveRun) writer.changeCall({ id, attempt: found.attempt })
  }
  await writer.commit()
  const startedAt = performance.now()
  let open = calls.length
  let errors = 0
  const runOne = async (call: ToolCallPart): Promise<void> => {
    const callStartedAt = performance.now()
    await runTool(run, call, async (result, within) => {
      lease.signal.throwIfAborted()
      const write = () => {
        open -= 1
        if (result.status !== 'success') errors += 1
        writeResult(run, call, result, 'tool', performance.now() - callStartedAt)
        if (open > 0) return
        const duration_ms = Math.round(performance.now() - startedAt)
        writer.event('act.completed', { completed: true, success_count: calls.length - errors, error_count: errors, duration_ms, worker_id: run.worker_id })
      }
      if (within) return await writer.commitIn(within.transaction, within.complete, write)
      write()
      await writer.commit()
    })
  }
  if (!turn.definition.parallel_tool_calls) {
    for (const call of calls) await runOne(call)
    return
  }
  // One that throws stops the turn, but the others run: whoever takes the turn up next must not meet them.
  const settled = await Promise.allSettled(calls.map(runOne))
  const broken = settled.find((one) => one.status === 'rejected')
  if (broken) throw broken.reason
}

/** Answers open calls with the same error, without running anything. */
export function closeCalls(run: TurnRun, openCallIds: readonly string[], closedBy: ClosedBy, status: CallResult['status'], error: string): void {
  for (const call of findCalls(run, openCallIds)) {
    writeResult(run, call, { status, part: { type: 'tool_result', tool_call_id: call.id, error } }, closedBy, 0)
  }
}

export function findCalls({ turn }: TurnRun, ids: readonly string[]): ToolCallPart[] {
  return turn.messages.flatMap(toolCallsOf).filter((call) => ids.includes(call.id))
}

function writeResult({ writer }: TurnRun, { id, name }: ToolCallPart, { part, status }: CallResult, closed_by: ClosedBy, durationMs: number): void {
  writer.changeCall({ id, closed_by })
  writer.message(
    'tool.completed',
    { tool_call_id: id, tool_name: name, success: status === 'success', status, duration_ms: Math.round(durationMs) },
    { role: 'tool_result', content: [part] },
  )
}

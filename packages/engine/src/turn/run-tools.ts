import { repairStorable, type ToolCallPart, type ToolResultPart } from '@reprise/contract'
import type { ToolOutcome } from '../tools/tool.ts'
import { toolCallsOf } from './turn.ts'
import type { TurnRun } from './turn-run.ts'

type ToolStatus = 'success' | 'error' | 'cancelled' | 'outcome_unknown'

/**
 * Runs the open tool calls of the turn. No tool starts before its intent is durable; each result is a checkpoint of
 * its own, and the next model call may start while the last of them commits.
 */
export async function runTools(run: TurnRun, openCallIds: readonly string[]): Promise<void> {
  const { turn, writer, signal } = run
  await writer.commit()
  const startedAt = performance.now()
  const calls = turn.messages.flatMap(toolCallsOf).filter((call) => openCallIds.includes(call.id))
  let open = calls.length
  let errors = 0
  const runOne = async (call: ToolCallPart): Promise<void> => {
    const callStartedAt = performance.now()
    const { status, part } = await runTool(run, call)
    signal.throwIfAborted()
    open -= 1
    if (status !== 'success') errors += 1
    writeResult(run, call, part, status, performance.now() - callStartedAt)
    if (open === 0) {
      const duration_ms = Math.round(performance.now() - startedAt)
      writer.event('act.completed', { completed: true, success_count: calls.length - errors, error_count: errors, duration_ms })
    }
    // Not waited for: the writer keeps the order, and whatever writes next learns of a failure.
    writer.commit().catch(() => {})
  }
  if (turn.definition.parallel_tool_calls) await Promise.all(calls.map(runOne))
  else for (const call of calls) await runOne(call)
}

/** Answers every open call with the same error, without running anything. */
export function refuseTools(run: TurnRun, openCallIds: readonly string[], error: string): void {
  for (const call of run.turn.messages.flatMap(toolCallsOf)) {
    if (openCallIds.includes(call.id)) writeResult(run, call, { type: 'tool_result', tool_call_id: call.id, error }, 'error', 0)
  }
}

function writeResult({ writer }: TurnRun, { id, name }: ToolCallPart, part: ToolResultPart, status: ToolStatus, durationMs: number): void {
  writer.closeCall(id)
  writer.message(
    'tool.completed',
    { tool_call_id: id, tool_name: name, success: status === 'success', status, duration_ms: Math.round(durationMs) },
    { role: 'tool_result', content: [part] },
  )
}

async function runTool(run: TurnRun, { id, name, arguments: args }: ToolCallPart): Promise<{ status: ToolStatus; part: ToolResultPart }> {
  const { turn, tools, services, signal, writer, attemptsBefore } = run
  const failed = (error: string, status: ToolStatus = 'error') => ({ status, part: { type: 'tool_result' as const, tool_call_id: id, error } })
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) return failed(`There is no tool named ${name}.`)
  const before = attemptsBefore.get(id) ?? 0
  if (before > 0 && tool.effects === 'at_most_once') {
    return failed('outcome_unknown: the server stopped while the tool ran, and this tool must not run twice.', 'outcome_unknown')
  }
  let outcome: ToolOutcome
  try {
    outcome = await tool.run(args, {
      organization_id: turn.organization_id,
      session_id: turn.session_id,
      turn_id: turn.id,
      tool_call_id: id,
      idempotency_key: `${turn.id}:${id}`,
      attempt: before + 1,
      signal,
      progress(message) {
        writer.event('tool.progress', { tool_call_id: id, tool_name: name, message })
        writer.commit().catch(() => {})
      },
    })
  } catch (error) {
    services.log.warn({ err: error, turn_id: turn.id, session_id: turn.session_id, tool: name }, 'a tool threw')
    return failed('The tool failed.')
  }
  if (!outcome.ok) return failed(String(repairStorable(outcome.error)))
  const processed = await services.compute.processToolResult(outcome.result, { signal })
  if (!processed.ok) return failed(`The tool's result could not be processed: ${processed.refusal.message}`)
  return { status: 'success', part: { type: 'tool_result', tool_call_id: id, result: processed.value.value } }
}

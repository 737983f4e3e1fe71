import { z } from 'zod'
import type { ToolCallPart, ToolResultPart } from './content.ts'
import { ids } from './ids.ts'
import type { Message } from './message.ts'
import type { ApprovalDecision } from './tool-approval.ts'
import type { PromptRecord } from './model-request.ts'
import type { TurnErrorCode, Usage } from './turn.ts'

/** The data of every event type. Those with a `message` refer to the stored message; it is put in when read. */
export interface EventData {
  'session.started': { harness_id: string; agent_id?: string | null; model_id?: string | null; forked_from?: string }
  'session.activated': { turn_id: string; input_message_id: string }
  'session.idled': { turn_id: string; iterations?: number; usage?: Usage }
  'input.message': { message: Message }
  'turn.started': { turn_id: string; input_message_id: string }
  'turn.completed': {
    turn_id: string
    iterations: number
    duration_ms: number
    llm_call_count: number
    tool_call_count: number
    time_to_first_token_ms: number | null
    final_message_id: string
    usage: Usage
  }
  'turn.failed': { turn_id: string; error: string; error_code: TurnErrorCode }
  'turn.cancelled': { turn_id: string; reason?: string; usage?: Usage }
  'reason.started': { agent_id?: string | null; harness_id: string; metadata: { model: string; model_id: string; provider_id: string; worker_id: string; attempt: number } }
  'reason.completed': { success: boolean; has_tool_calls: boolean; tool_call_count: number; duration_ms: number; usage?: Usage; error?: string }
  'reason.recovered': { turn_id: string; mode: 'restart'; accumulated_len: number }
  'reason.thinking.started': { turn_id: string; model?: string }
  'reason.thinking.delta': { turn_id: string; delta: string }
  'reason.thinking.completed': { turn_id: string; thinking: string }
  'output.message.started': { turn_id: string; model?: string; iteration?: number }
  'output.message.delta': { turn_id: string; delta: string }
  'output.message.completed': { message: Message; usage?: Usage; metadata?: Record<string, unknown> }
  'act.started': { tool_calls: { id: string; name: string }[] }
  'act.completed': { completed: boolean; success_count: number; error_count: number; duration_ms: number; worker_id: string }
  'tool.started': { tool_call: Omit<ToolCallPart, 'type'> }
  'tool.progress': { tool_call_id: string; tool_name: string; message: string }
  'tool.completed': {
    tool_call_id: string
    tool_name: string
    success: boolean
    status: 'success' | 'error' | 'cancelled' | 'outcome_unknown'
    result?: unknown
    error?: string | null
    images?: ToolResultPart['images']
    value_id?: string
    duration_ms: number
  }
  'tool.call_requested': { tool_calls: Omit<ToolCallPart, 'type'>[] }
  'tool.approval_requested': { tool_calls: Omit<ToolCallPart, 'type'>[] }
  'tool.approval_decided': { approval_id: string; approvals: { tool_call_id: string; tool_name: string; decision: ApprovalDecision; reason?: string }[] }
  'context.compacting': { reason: string; strategy: string; messages_before: number }
  'context.compacted': { strategy_used: string; messages_before: number; messages_after: number; duration_ms: number }
  'llm.generation': {
    metadata: {
      model: string
      provider: string
      usage?: Usage
      duration_ms: number
      time_to_first_token_ms: number | null
      finish_reasons: string[]
      response_id: string | null
      success: boolean
      error?: string
      retry?: { attempt: number }
      worker_id: string
      /** By which the prompt is rebuilt. Absent where the call was not made. */
      prompt?: PromptRecord
    }
    output: { message_id: string | null }
  }
}

export type EventType = keyof EventData

const emitted = {
  'session.started': true,
  'session.activated': true,
  'session.idled': true,
  'input.message': true,
  'turn.started': true,
  'turn.completed': true,
  'turn.failed': true,
  'turn.cancelled': true,
  'reason.started': true,
  'reason.completed': true,
  'reason.recovered': true,
  'reason.thinking.started': true,
  'reason.thinking.delta': true,
  'reason.thinking.completed': true,
  'output.message.started': true,
  'output.message.delta': true,
  'output.message.completed': true,
  'act.started': true,
  'act.completed': true,
  'tool.started': true,
  'tool.progress': true,
  'tool.completed': true,
  'tool.call_requested': true,
  'tool.approval_requested': true,
  'tool.approval_decided': true,
  'context.compacting': true,
  'context.compacted': true,
  'llm.generation': true,
} as const satisfies Record<EventType, true>

/** The types this server emits. */
export const eventTypes = Object.keys(emitted) as EventType[] // the keys are checked against EventData above

/** Types of the documented API that a filter may name although nothing here emits them. */
export const knownButNotEmittedEventTypes: readonly string[] = [
  'budget.exhausted',
  'budget.paused',
  'budget.resumed',
  'budget.warning',
  'capability.usage',
  'context.compaction.failed',
  'context.compaction.skipped',
  'file.written',
  'output.message.replaced',
  'reason.item',
  'schedule.triggered',
  'session.model.changed',
  'session.title.updated',
  'task.created',
  'task.message.received',
  'task.message.sent',
  'task.updated',
  'tool.call_repaired',
  'tool.hosted_call',
  'tool.output.delta',
  'transcript.repaired',
  'turn.sealed',
  'voice.input_transcript.completed',
  'voice.input_transcript.delta',
  'voice.output_transcript.completed',
  'voice.output_transcript.delta',
  'voice.session.ended',
  'voice.session.failed',
  'voice.session.started',
]

const knownTypes: ReadonlySet<string> = new Set([...eventTypes, ...knownButNotEmittedEventTypes])

export function isKnownEventType(type: string): boolean {
  return knownTypes.has(type)
}

export const eventContext = z.object({
  turn_id: ids.turn.optional(),
  input_message_id: ids.message.optional(),
  exec_id: ids.exec.optional(),
  trace_id: z.string().optional(),
  span_id: z.string().optional(),
})
export type EventContext = z.output<typeof eventContext>

/** One event of a session's log. `id` is the cursor; `sequence` rises by one from event to event of a session. */
export const event = z
  .object({
    id: ids.event,
    type: z.string(),
    ts: z.iso.datetime(),
    session_id: ids.session,
    sequence: z.int(),
    context: eventContext,
    data: z.record(z.string(), z.unknown()),
    metadata: z.record(z.string(), z.unknown()).optional(),
    tags: z.array(z.string()).optional(),
  })
  .meta({ id: 'Event', description: 'One event of a session' })
export type Event = z.output<typeof event>

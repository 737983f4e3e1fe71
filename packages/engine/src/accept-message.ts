import { limits, newId, type ReasoningEffort, type WhenBusy } from '@reprise/contract'
import { newEvent, reachCrashPoint, type Definitions, type Accept, type Database, type Journal, type StoredMessage, type TurnDefinition, type TurnSettings } from '@reprise/store'
import type { SettingsLoader } from './settings-loader.ts'
import { readMessageOfTurn, type Turn } from './turn/turn.ts'
import type { Worker } from './worker.ts'

/** A user's message as the doors hand it in: checked, its images stored, the caller's JSON as text. */
export interface IncomingMessage {
  organization_id: string
  session_id: string
  message_id: string
  content_json: string
  controls_json: string | null
  metadata_json: string | null
  tags_json: string | null
  external_actor_json: string | null
  model_id: string | null
  reasoning_effort: ReasoningEffort | null
  error_disclosure: string | null
  when_busy: WhenBusy | null
  idempotency_key: string | null
  body_sha256: string
  image_ids: string[]
  /** The failed turn whose message this one is, posted again. */
  retry_of?: string
}

export type AcceptOutcome =
  | { outcome: 'stored'; delivery: 'started' | 'enqueued' | 'steered' | 'resumed'; message: StoredMessage }
  | { outcome: 'duplicate'; turn_id: string; message_id: string; first_sequence: number; event_ms: number }
  | { outcome: 'session_not_found' | 'unknown_model' | 'key_reused' | 'busy' | 'queue_full' }

export interface AcceptServices {
  db: Database
  journal: Journal
  worker: Worker
  settings: SettingsLoader
  definitions: Definitions
}

/**
 * Commits a message: with a turn of its own, or into the one that runs. What is active with that commit starts here,
 * if a slot is free.
 */
export async function acceptMessage(services: AcceptServices, incoming: IncomingMessage): Promise<AcceptOutcome> {
  const { journal, worker, settings: loader, definitions, db } = services
  const { organization_id, session_id } = incoming
  const settings = await loader.load({ organization_id, session_id, model_id: incoming.model_id })
  if (!settings) return { outcome: 'session_not_found' }
  if (!settings.model) return { outcome: 'unknown_model' }
  const when_busy = incoming.when_busy ?? settings.when_busy ?? 'enqueue'
  const definition = defineTurn(settings)
  const definition_sha256 = await definitions.keep(db, organization_id, definition)

  const { turns_running_max } = settings
  const hasSlot = worker.takeSlot({ organization_id, turns_running_max })
  let isRunning = false
  try {
    const accept = makeAccept(incoming, settings.model.id, definition_sha256, when_busy, hasSlot ? worker.id : null)
    reachCrashPoint('accept.before_commit')
    const result = await journal.accept(accept)
    if (result.outcome !== 'stored') return result
    reachCrashPoint('accept.after_commit')
    const { delivery, touched_turn_id, woken, epoch, turn_id } = result
    const message = showAccepted(accept, turn_id, result.first_sequence, result.event_ms)
    if (delivery === 'started' && hasSlot) {
      isRunning = true
      worker.run(startTurn(incoming, accept, settings.model, definition, message, result))
    } else if (hasSlot && (delivery === 'resumed' || (touched_turn_id !== null && woken))) {
      isRunning = true
      // Where the first reply was lost, nothing says which turn was touched: the one that the message is in.
      worker.takeUp({ organization_id, session_id, turn_id: touched_turn_id ?? turn_id, epoch, may_have_run: false })
    } else if (touched_turn_id !== null && (when_busy === 'interrupt' || when_busy === 'rollback')) {
      worker.cancel(touched_turn_id, when_busy)
    }
    return { outcome: 'stored', delivery, message }
  } finally {
    if (hasSlot && !isRunning) worker.freeSlot(organization_id)
  }
}

function defineTurn(settings: TurnSettings): TurnDefinition {
  const { agent_id, harness_id, system_prompt, capabilities, tools, mcp_servers, max_iterations, parallel_tool_calls } = settings
  return {
    agent_id,
    harness_id,
    system_prompt: system_prompt || null,
    capabilities,
    tools,
    ...(Object.keys(mcp_servers).length > 0 && { mcp_servers }),
    max_iterations: max_iterations ?? limits.iterationsDefault,
    parallel_tool_calls: parallel_tool_calls ?? true,
  }
}

function makeAccept(incoming: IncomingMessage, model_id: string, definition_sha256: string, when_busy: Accept['when_busy'], worker_id: string | null): Accept {
  const { organization_id, session_id, message_id, idempotency_key, body_sha256, reasoning_effort, error_disclosure, image_ids } = incoming
  const { content_json, controls_json, metadata_json, tags_json, external_actor_json } = incoming
  const turn_id = newId('turn')
  const started = { turn_id, input_message_id: message_id }
  return {
    kind: 'accept',
    organization_id,
    session_id,
    turn_id,
    message_id,
    worker_id,
    when_busy,
    idempotency_key,
    body_sha256,
    model_id,
    definition_sha256,
    reasoning_effort,
    error_disclosure,
    retry_of: incoming.retry_of ?? null,
    image_ids,
    events: [newEvent('input.message', {})],
    edge_events: [newEvent('session.activated', started), newEvent('turn.started', started)],
    messages: [
      {
        id: message_id,
        event_index: 0,
        place: 0,
        role: 'user',
        content_json,
        controls_json,
        metadata_json,
        tags_json,
        external_actor_json,
        thinking_blocks: null,
        model_id: null,
        usage: null,
      },
    ],
  }
}

function showAccepted({ session_id, messages: [message] }: Accept, turn_id: string, sequence: number, eventMs: number): StoredMessage {
  return { ...message!, session_id, turn_id, sequence, created_at: new Date(eventMs).toISOString() }
}

function startTurn(
  incoming: IncomingMessage,
  { organization_id, session_id, turn_id, message_id }: Accept,
  model: Turn['model'],
  definition: TurnDefinition,
  message: StoredMessage,
  { ordinal, epoch, event_ms }: { ordinal: number; epoch: number; event_ms: number },
): Turn {
  return {
    organization_id,
    session_id,
    id: turn_id,
    ordinal,
    status: 'running',
    input_message_id: message_id,
    model,
    definition,
    reasoning_effort: incoming.reasoning_effort,
    error_disclosure: incoming.error_disclosure,
    created_ms: event_ms,
    epoch,
    checkpoint_number: 0,
    attempt: 1,
    retry_in_ms: 0,
    recoveries: 0,
    pending_steers: 0,
    retry_of: incoming.retry_of ?? null,
    messages: [readMessageOfTurn(message)!], // a user's message always reads as one
  }
}

import type { EffectsMode, EventData, EventType, MessageRole, ReasoningEffort, Usage, WhenBusy } from '@reprise/contract'

/** Events whose data holds the message of the same sequence; it is stored once, with the messages. */
export type MessageEventType = 'input.message' | 'output.message.completed'

/** The part of an event's data that is stored with the event. */
export type StoredEventData<T extends EventType> = T extends MessageEventType
  ? Omit<EventData[T], 'message'>
  : T extends 'tool.completed'
    ? Omit<EventData[T], 'result' | 'error'>
    : EventData[T]

/** An event to be appended. Its data is turned into text once, for the journal and for every stream. */
export interface NewEvent {
  type: EventType
  data_json: string
}

export function newEvent<T extends EventType>(type: T, data: StoredEventData<T>): NewEvent {
  return { type, data_json: JSON.stringify(data) }
}

export interface ThinkingBlock {
  text: string
  signature: string | null
}

/** A message to be appended. What callers said is their own JSON text. */
export interface NewMessage {
  id: string
  /** Which event of the append brings it: the message has that event's sequence. */
  event_index: number
  /** Prompt order within the turn. */
  place: number
  role: MessageRole
  content_json: string
  controls_json: string | null
  metadata_json: string | null
  tags_json: string | null
  external_actor_json: string | null
  thinking_blocks: ThinkingBlock[] | null
  model_id: string | null
  usage: Usage | null
}

export interface NewToolCall {
  id: string
  position: number
  name: string
  arguments: unknown
  effects: EffectsMode
}

interface AppendBase {
  organization_id: string
  session_id: string
  turn_id: string
  /** The worker that takes the turn which this append makes active; null leaves it for a claim. */
  worker_id: string | null
  events: NewEvent[]
  /** Appended too when the session passes from idle to active (accept) or back (the checkpoint that ends a turn). */
  edge_events: NewEvent[]
  messages: NewMessage[]
  /** The images that the messages show. */
  image_ids?: string[]
  /** Intents, durable before their effects. */
  opened_calls?: NewToolCall[]
  closed_call_ids?: string[]
}

/** A user's message, and the turn that answers it. */
export interface Accept extends AppendBase {
  kind: 'accept'
  message_id: string
  when_busy: Extract<WhenBusy, 'enqueue' | 'reject'>
  idempotency_key: string | null
  body_sha256: string
  model_id: string
  definition_sha256: string
  reasoning_effort: ReasoningEffort | null
  error_disclosure: string | null
}

/** What a running turn has done since its last checkpoint, and where it stands now. */
export interface Checkpoint extends AppendBase {
  kind: 'checkpoint'
  ordinal: number
  epoch: number
  /** How many checkpoints this turn has committed: the compare of the compare-and-set. */
  checkpoint_number: number
  turn_status: 'running' | 'completed' | 'failed' | 'cancelled'
  error_code: string | null
  error: string | null
  /** The message that the turn answers; events carry it in their context. */
  message_id: string
}

export type Append = Accept | Checkpoint

interface Stored {
  first_sequence: number
  event_ms: number
  turn_id: string
  message_id: string
}

export type AcceptResult =
  /** `edge`: the turn is active now; with a `worker_id` in the accept it is that worker's, under `epoch`. */
  | ({ outcome: 'stored'; edge: boolean; ordinal: number; epoch: number } & Stored)
  | ({ outcome: 'duplicate' } & Stored)
  | { outcome: 'key_reused' | 'busy' | 'queue_full' | 'session_not_found' }

export type CheckpointResult =
  | ({ outcome: 'stored'; edge: boolean; next_turn_id: string | null; epoch: number } & Stored)
  /** Another worker has the turn, or the turn has ended: nothing was stored. */
  | { outcome: 'fenced' | 'session_not_found' }

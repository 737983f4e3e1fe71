import type { ApprovalDecision, EffectsMode, EventData, EventType, MessageRole, ReasoningEffort, Usage, WhenBusy } from '@reprise/contract'

/** Events whose data holds the message of the same sequence; it is stored once, with the messages. */
export type MessageEventType = 'input.message' | 'output.message.completed'

/** The part of an event's data that is stored with the event. */
export type StoredEventData<T extends EventType> = T extends MessageEventType
  ? Omit<EventData[T], 'message'>
  : T extends 'tool.completed'
    ? Omit<EventData[T], 'result' | 'error' | 'images' | 'value_id'>
    : EventData[T]

/** An event to be appended. Its data is turned into text once, for the journal and for every stream. */
export interface NewEvent {
  type: EventType
  data_json: string
}

export function newEvent<T extends EventType>(type: T, data: StoredEventData<T>): NewEvent {
  return { type, data_json: JSON.stringify(data) }
}

/** Kept byte for byte and sent back unchanged: vendors check the signature against the text. */
export interface ThinkingBlock {
  /** As it is shown. */
  text: string
  signature: string | null
  /** The text as JSON, where it holds what PostgreSQL takes into no text: a NUL, half a surrogate pair. */
  text_json?: string
  /** What the vendor wants back beside text and signature, as JSON: redacted thinking, encrypted reasoning. */
  vendor_json?: string
  /** Where it stood in the answer: behind so many characters of text and so many tool calls. Absent: before all else. */
  text_before?: number
  calls_before?: number
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
  /** The images of a tool's result. Those of a user's message stand in the accept. */
  image_ids?: readonly string[]
}

export interface NewToolCall {
  id: string
  position: number
  name: string
  arguments: unknown
  effects: EffectsMode
  /** `required`: it does not run before somebody approves it. */
  decision: 'required' | null
  /** Set when the checkpoint that opens the call closes it too. */
  closed_by: ClosedBy | null
  /** Somebody outside has to answer or decide it: its deadline runs from when the turn parks. */
  waits: boolean
}

/** Who closed a call: the tool's run, the caller's answer, who denied it, its deadline, a message that came instead, or a cancel. */
export type ClosedBy = 'tool' | 'caller' | 'approver' | 'deadline' | 'message' | 'cancel'

/** What happens to a call that an earlier checkpoint opened. */
export interface ToolCallChange {
  id: string
  /** Counted before it is tried. */
  attempt?: number
  closed_by?: ClosedBy
  /** Of what the caller answered. */
  result_sha256?: string
  /** It is awaited no longer. */
  decision?: ApprovalDecision
  waits?: boolean
}

interface AppendBase {
  organization_id: string
  session_id: string
  /** The worker that takes the turn which this append makes active, or wakes; null leaves it for a claim. */
  worker_id: string | null
}

interface AppendWithEvents extends AppendBase {
  turn_id: string
  /** The message that the turn answers; events carry it in their context. */
  message_id: string
  events: NewEvent[]
  /** Appended too when the session passes from idle to active (accept) or back (the checkpoint that ends a turn). */
  edge_events: NewEvent[]
  messages: NewMessage[]
}

/** A user's message, and the turn that answers it: a new one, or the one that runs. */
export interface Accept extends AppendWithEvents {
  kind: 'accept'
  when_busy: WhenBusy
  idempotency_key: string | null
  body_sha256: string
  model_id: string
  definition_sha256: string
  reasoning_effort: ReasoningEffort | null
  error_disclosure: string | null
  /** The failed turn whose message this one is, posted again. */
  retry_of: string | null
  /** The images that the message shows. */
  image_ids: string[]
}

interface TurnAppend extends AppendWithEvents {
  ordinal: number
  epoch: number
  /** How many checkpoints this turn has committed: the compare of the compare-and-set. */
  checkpoint_number: number
  changed_calls: ToolCallChange[]
}

/** What a running turn has done since its last checkpoint, and where it stands now. */
export interface Checkpoint extends TurnAppend {
  kind: 'checkpoint'
  turn_status: 'running' | 'parked' | 'completed' | 'failed' | 'cancelled'
  /** Appended only if the turn ends or parks as `turn_status` says: a message or a cancel may have come in between. */
  settle_events: NewEvent[]
  error_code: string | null
  error: string | null
  /** The attempt that begins now; null when none is counted. */
  attempt: number | null
  /** How long that attempt waits. */
  retry_in_ms: number
  /** The turn has come further: crashes that happened before no longer count. */
  resets_recoveries: boolean
  /** For how long a turn that parks waits for its caller. */
  deadline_in_ms: number
  /** Intents, durable before their effects. */
  opened_calls: NewToolCall[]
  /** Where messages that joined the turn stand in its prompt. */
  placed_steers: { sequence: number; place: number }[]
}

/**
 * What a caller answered to a parked turn, or decided about its calls. `running` wakes it: no call is awaited any more.
 * It is known again by its messages and events, so no two answers have the same: one that only decides has an id in its event.
 */
export interface Answer extends TurnAppend {
  kind: 'answer'
  turn_status: 'parked' | 'running'
}

/** The wish to end turns: all of a session, the active one, or the one of this id. */
export interface Cancel extends AppendBase {
  kind: 'cancel'
  scope: 'all' | 'running' | 'turn'
  turn_id: string | null
}

export type Append = Accept | Checkpoint | Answer | Cancel

/** Why the active turn is asked to end. */
export type CancelReason = 'cancel' | 'interrupt' | 'rollback'

interface Stored {
  first_sequence: number
  event_ms: number
  turn_id: string
  message_id: string
}

export type AcceptResult =
  /**
   * `started`: the turn is active now; `resumed`: the parked turn that it joined is. With a `worker_id` in the accept,
   * the turn is that worker's, under `epoch`. `touched_turn_id` is the turn that the message joined or interrupts.
   */
  | ({ outcome: 'stored'; delivery: 'started' | 'enqueued' | 'steered' | 'resumed'; ordinal: number; epoch: number; touched_turn_id: string | null; woken: boolean } & Stored)
  | ({ outcome: 'duplicate' } & Stored)
  | { outcome: 'key_reused' | 'busy' | 'queue_full' | 'session_not_found' }

export type CheckpointResult =
  /** `settled` is false when the turn goes on although the checkpoint would have ended or parked it. */
  | ({ outcome: 'stored'; settled: boolean; next_turn_id: string | null; epoch: number; pending_steers: number; cancel_requested: CancelReason | null } & Stored)
  /** Another worker has the turn, or the turn has ended: nothing was stored. */
  | { outcome: 'fenced' | 'session_not_found' }

export type AnswerResult = { outcome: 'stored'; epoch: number } | { outcome: 'fenced' | 'session_not_found' }

export type CancelResult =
  /** `touched_turn_id`: the active turn, which its owner ends; with `woken` the owner is the canceller, under `epoch`. */
  | { outcome: 'stored'; touched_turn_id: string | null; woken: boolean; epoch: number }
  | { outcome: 'no_op' | 'session_not_found' }

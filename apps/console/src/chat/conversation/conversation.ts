import type { EventData, Message, TurnErrorCode } from '@reprise/contract'

/** What is known of a tool call, from the model's asking to its result. */
export interface ToolActivity {
  id: string
  name: string
  arguments: unknown
  /** `awaiting_result`: this page's user, or another client, has to answer it. */
  status: 'running' | 'awaiting_result' | 'awaiting_approval' | EventData['tool.completed']['status']
  /** The latest that the running tool said of itself. */
  progress: string | null
  result: unknown
  error: string | null
  images: EventData['tool.completed']['images']
  /** Names the whole of a result of which only the beginning is here. */
  value_id: string | null
  duration_ms: number | null
}

/** One thing in the conversation, from top to bottom. Its key stays the same while it grows. */
export type Entry =
  /** `delivery`: `sending` until the server has it, `failed` when it was refused for good; null once stored. */
  | { kind: 'user'; key: string; message: Message; delivery: 'sending' | 'failed' | null; error: unknown }
  /** An answer, or what of it has come; `isStreaming` until it is whole. A notice tells of a failed turn. */
  | { kind: 'answer'; key: string; turn_id: string | null; message: Message | null; text: string; thinking: string; isStreaming: boolean; isInterrupted: boolean; isNotice: boolean }
  | { kind: 'tools'; key: string; turn_id: string | null; calls: readonly ToolActivity[] }
  | { kind: 'turn_ended'; key: string; turn_id: string; outcome: 'failed' | 'cancelled'; error: string | null; error_code: TurnErrorCode | null; input_message_id: string | null }

export interface Conversation {
  session_id: string
  entries: readonly Entry[]
  /** Nothing has been read yet. */
  isLoading: boolean
  /** Set when the session cannot be shown: refused, deleted, not there. */
  error: unknown
  hasOlder: boolean
  loadOlder(): void
  /** The turn that runs or waits for its caller. */
  running: { turn_id: string; started_at: string; isParked: boolean } | null
  /** How many turns wait behind it. */
  turnsWaiting: number
  /** Calls that a caller has to answer or decide. */
  awaited: readonly ToolActivity[]
  /** `caught_up`: for a moment after the stream was resumed; `caughtUpEvents` came that were missed meanwhile. */
  stream: 'connecting' | 'live' | 'lost' | 'caught_up'
  caughtUpEvents: number
  /** Shows a message at once, as being sent; the stored one takes its place. Answers how to tell what became of it. */
  addPending(message: Message): { failed(error: unknown): void; stored(message: Message): void; remove(): void }
}

import type { EventData, Message } from '@reprise/contract'

export type ToolStatus = 'running' | 'awaiting_result' | 'awaiting_approval' | EventData['tool.completed']['status']

/** What is known of a tool call, from the model's asking to its result. */
export interface ToolActivity {
  id: string
  name: string
  arguments: unknown
  /** `awaiting_result`: whoever uses the session has to answer it; `awaiting_approval`: to allow it. */
  status: ToolStatus
  /** The latest that the running tool said of itself. */
  progress: string | null
  result: unknown
  error: string | null
  images: EventData['tool.completed']['images']
  /** `result` is only the beginning of the whole. */
  isCut: boolean
  duration_ms: number | null
}

/** One thing in the conversation, from top to bottom. Its key stays the same while it grows; one that changes is a new object. */
export type Entry =
  /** `delivery`: `sending` until the server has it, `failed` when it was refused for good; null once stored. */
  | { kind: 'user'; key: string; message: Message; delivery: 'sending' | 'failed' | null; error: unknown }
  /** An answer, or what of it has come. A notice tells that its turn has failed. */
  | { kind: 'answer'; key: string; turn_id: string | null; message: Message | null; text: string; thinking: string; isThinking: boolean; isStreaming: boolean; isInterrupted: boolean; isNotice: boolean }
  | { kind: 'tools'; key: string; session_id: string; turn_id: string | null; calls: readonly ToolActivity[] }
  | { kind: 'cancelled'; key: string; turn_id: string }

/** The turn that runs, or waits for its caller. */
export interface RunningTurn {
  turn_id: string
  isParked: boolean
}

/** `lost`: no connection; `caught_up`: for a moment after one is back. */
export type StreamState = { kind: 'connecting' | 'live' | 'lost' } | { kind: 'caught_up'; events: number }

export interface Conversation {
  session_id: string
  entries: readonly Entry[]
  isLoading: boolean
  /** Set when the session cannot be shown: refused, deleted, not there. */
  error: unknown
  hasOlder: boolean
  isLoadingOlder: boolean
  running: RunningTurn | null
  /** Calls that whoever uses the session has to answer or decide. */
  awaited: readonly ToolActivity[]
  stream: StreamState
}

/** Shows a message before the server has it. */
export interface PendingMessages {
  sending(message: Message): void
  failed(id: string, error: unknown): void
  /** The stored message takes the place of the one shown. */
  stored(id: string, message: Message): void
  remove(id: string): void
}

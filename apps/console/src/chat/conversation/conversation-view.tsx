import type { Conversation } from './conversation.ts'

export interface ConversationViewProps {
  conversation: Conversation
  /** A new session from this message on, itself included. */
  onFork(sequence: number): void
  /** Posts a message that failed to be sent, or whose turn failed, again. */
  onRetry(key: string): void
}

export function ConversationView({ conversation }: ConversationViewProps) {
  return <div>{conversation.session_id}</div>
}

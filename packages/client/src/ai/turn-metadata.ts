import type { Usage } from '@reprise/contract'
import type { UIMessage } from 'ai'

/** What a chat's assistant message knows of the turn behind it. */
export interface TurnMetadata {
  session_id: string
  turn_id: string
  /** `waiting`: for the answers of tools that run in the app, or for approvals. */
  status?: 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled'
  /** The last event that was shown: what comes after a `waiting` is read from here on. */
  cursor?: string
  /** The answers that the message is made of, in order. */
  message_ids?: string[]
  /** Of the whole turn, once it has completed. */
  usage?: Usage
}

/** The metadata that our transport wrote; null for a message that came from elsewhere. */
export function readTurnMetadata({ metadata }: Pick<UIMessage, 'metadata'>): TurnMetadata | null {
  const found = metadata as Partial<TurnMetadata> | null | undefined // checked in the next line
  return typeof found?.session_id === 'string' && typeof found.turn_id === 'string' ? (found as TurnMetadata) : null
}

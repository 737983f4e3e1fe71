import type { Conversation } from './conversation.ts'

/** The session's conversation, kept current by its events, for as long as it is shown. */
export function useConversation(session_id: string): Conversation {
  const addPending = () => ({ failed() {}, stored() {}, remove() {} })
  return { session_id, entries: [], isLoading: false, error: null, hasOlder: false, loadOlder() {}, running: null, turnsWaiting: 0, awaited: [], stream: 'live', caughtUpEvents: 0, addPending }
}

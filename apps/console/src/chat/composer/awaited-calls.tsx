import type { Conversation } from '../conversation/conversation.ts'

/** Asks the user for what the session waits for: results of client-side tools, and approvals. */
export function AwaitedCalls({ conversation }: { conversation: Conversation }) {
  return <div>{conversation.awaited.length}</div>
}

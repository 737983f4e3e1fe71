import { randomUUID } from 'node:crypto'
import type { Message } from '@reprise/contract'

/**
 * Posts a message and waits for its answer, as a client behind a balancer does: where a server is gone, or is going, it asks
 * another, under the same key. Gives the message that was accepted; its answer may still be on its way.
 */
export async function postUntilAccepted(nextAddress: () => string, sessionId: string, steps: object[], signal: AbortSignal): Promise<Message> {
  const text = `Follow this.\n\`\`\`sim\n${JSON.stringify({ steps })}\n\`\`\``
  const body = JSON.stringify({ message: { content: [{ type: 'text', text }] } })
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
  for (;;) {
    try {
      const response = await fetch(`${nextAddress()}/v1/sessions/${sessionId}/messages?wait=true`, { method: 'POST', headers, body, signal })
      const answer = await response.json()
      if (response.ok) return (answer as { message: Message }).message // the contract says so
      if (response.status !== 503) throw new Error(`posting a message: ${response.status} ${JSON.stringify(answer)}`)
    } catch (error) {
      if (!isConnectionFault(error)) throw error
    }
  }
}

/** What fetch says of every connection that was refused or broke. */
export function isConnectionFault(error: unknown): boolean {
  return error instanceof TypeError
}

import { expect } from 'vitest'
import type { Session } from '@reprise/contract'

export async function createSession(address: string): Promise<string> {
  const { id } = (await post(`${address}/v1/sessions`, { agent_name: 'assistant' })) as Session // the contract says so
  return id
}

/** Posts a message whose turn follows these steps. */
export async function postScript(address: string, sessionId: string, steps: object[], query = '', signal?: AbortSignal): Promise<unknown> {
  const text = `Follow this.\n\`\`\`sim\n${JSON.stringify({ steps })}\n\`\`\``
  return await post(`${address}/v1/sessions/${sessionId}/messages${query}`, { message: { content: [{ type: 'text', text }] } }, signal)
}

async function post(url: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...(signal && { signal }) })
  expect(response.ok, `${url} answered ${response.status}`).toBe(true)
  return await response.json()
}

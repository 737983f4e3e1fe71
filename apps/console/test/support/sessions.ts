import type { Message } from '@reprise/contract'
import { scriptText } from '../../../../packages/client/test/support/script-text.ts'

async function call<T>(url: string, body?: object): Promise<T> {
  const response = await fetch(url, body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T // by the contract
}

export async function createSession(url: string, settings: object = {}): Promise<string> {
  return (await call<{ id: string }>(`${url}/v1/sessions`, settings)).id
}

/** Posts a message whose turn follows a script of the simulated model. */
export async function postScript(url: string, session_id: string, steps: object[], before = ''): Promise<Message> {
  return await postText(url, session_id, before + scriptText(steps))
}

export async function postText(url: string, session_id: string, text: string): Promise<Message> {
  return await call<Message>(`${url}/v1/sessions/${session_id}/messages`, { message: { content: [{ type: 'text', text }] } })
}

export async function readMessages(url: string, session_id: string): Promise<Message[]> {
  return (await call<{ data: Message[] }>(`${url}/v1/sessions/${session_id}/messages`)).data
}

/** The texts of the answers that are stored. */
export async function readAnswers(url: string, session_id: string): Promise<string[]> {
  const messages = await readMessages(url, session_id)
  return messages.filter(({ role }) => role === 'agent').map(({ content }) => content.map((part) => (part.type === 'text' ? part.text : '')).join(''))
}

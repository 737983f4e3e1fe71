import type { Message, Session } from '@reprise/contract'
import { expect } from 'vitest'
import { post, send } from './requests.ts'

export async function forkSession(url: string, sessionId: string, body: unknown = ''): Promise<Session> {
  const answer = await post<Session>(`${url}/v1/sessions/${sessionId}/fork`, body)
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

export async function listMessages(url: string, sessionId: string, query = ''): Promise<Message[]> {
  return (await send<{ data: Message[] }>(`${url}/v1/sessions/${sessionId}/messages?${query}`)).body.data
}

/** What of a message is the same in a fork. */
export function withoutIds({ id: _id, session_id: _session, turn_id: _turn, ...message }: Message): object {
  return message
}

/** How a simulated model, which repeats what it was told, stands in a prompt. */
export function answerTo(text: string): string {
  return `agent: You said: ${text}`
}

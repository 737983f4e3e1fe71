import type { Event, Message, Problem, Session } from '@reprise/contract'
import { expect } from 'vitest'

/** An answer with its text, and the text as JSON for tests to look into. */
export interface Answer<T> {
  status: number
  headers: Headers
  text: string
  body: T
}

export async function send<T = Problem>(url: string, init: RequestInit = {}): Promise<Answer<T>> {
  const response = await fetch(url, init)
  const text = await response.text()
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, text, body: (isJson && text !== '' ? JSON.parse(text) : undefined) as T }
}

/** Posts JSON: a value, or text that is sent as it is. */
export async function post<T = Problem>(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return await send<T>(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'test', ...headers }, body: text })
}

export async function createSession(url: string, settings: object = {}): Promise<Session> {
  const answer = await post<Session>(`${url}/v1/sessions`, { agent_name: 'assistant', ...settings })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

export function textMessage(text: string): { message: { content: { type: 'text'; text: string }[] } } {
  return { message: { content: [{ type: 'text', text }] } }
}

/** A message whose turn follows a script of the simulated model. */
export function scriptMessage(steps: object[]): ReturnType<typeof textMessage> {
  return textMessage('```sim\n' + JSON.stringify({ steps }) + '\n```')
}

export async function postMessage(url: string, sessionId: string, body: unknown, headers: Record<string, string> = {}): Promise<Message> {
  const answer = await post<Message>(`${url}/v1/sessions/${sessionId}/messages`, body, headers)
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

export async function listEvents(url: string, sessionId: string, query = 'limit=1000'): Promise<Event[]> {
  return (await send<{ data: Event[] }>(`${url}/v1/sessions/${sessionId}/events?${query}`)).body.data
}

/** Asserts a problem whole: status, code, and the field it names. */
export function expectProblem(answer: Answer<Problem>, status: number, code: string, path?: string): void {
  expect({ status: answer.status, code: answer.body?.code, path: answer.body?.errors?.[0]?.path }, answer.text).toEqual({ status, code, path })
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.body).toMatchObject({ status, type: `/docs/errors#${code}`, error: { code, message: answer.body.detail } })
  expect(answer.headers.get('x-request-id')).toMatch(/^[\w.-]+$/)
}

import type { Model, Provider } from '@reprise/contract'
import { expect } from 'vitest'
import { post, send, type Answer } from './requests.ts'

/** A key that seals the keys of providers. */
export const secretKey = new Uint8Array(32).fill(7)

export async function createProvider(url: string, settings: object = {}): Promise<Provider> {
  const answer = await post<Provider>(`${url}/v1/providers`, { name: 'Test', provider_type: 'openai', ...settings })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

export async function createModel(url: string, providerId: string, settings: object = {}): Promise<Model> {
  const answer = await post<Model>(`${url}/v1/providers/${providerId}/models`, { model: 'test-model', ...settings })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

export async function patch<T>(url: string, body: unknown): Promise<Answer<T>> {
  return await send<T>(url, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

export async function remove<T>(url: string): Promise<Answer<T>> {
  // As the documented clients do: with the header, and nothing in the body.
  return await send<T>(url, { method: 'DELETE', headers: { 'content-type': 'application/json' } })
}

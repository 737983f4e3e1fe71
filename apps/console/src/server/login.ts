import type { Login } from '@reprise/contract'
import { connection } from './connection.ts'

export const loginKey = ['login']
export type Caller = NonNullable<Login['caller']>

/** Who is logged in, and whether the server asks for a key at all. Logging in sets a cookie, and cookies are REST's. */
export async function readLogin(signal?: AbortSignal): Promise<Login> {
  return await ask('GET', undefined, signal)
}

export async function logIn(apiKey: string): Promise<Login> {
  return await ask('POST', { api_key: apiKey })
}

export async function logOut(): Promise<void> {
  await send('DELETE')
}

async function ask(method: string, body?: object, signal?: AbortSignal): Promise<Login> {
  return (await (await send(method, body, signal)).json()) as Login // by the contract
}

async function send(method: string, body?: object, signal?: AbortSignal): Promise<Response> {
  const headers = { 'x-reprise-csrf': '1', ...(body && { 'content-type': 'application/json' }) }
  const response = await connection.fetch('/v1/login', { method, headers, signal: signal ?? null, body: body ? JSON.stringify(body) : null })
  if (!response.ok) throw new Error(await describeProblem(response))
  return response
}

/** The server's own words, where it has some. */
async function describeProblem(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => null)) as { detail?: string } | null // a problem, or a page of some proxy
  return problem?.detail ?? `The server answered ${response.status}`
}

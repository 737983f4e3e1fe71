import type { Problem } from '@reprise/contract'
import { send, type Answer } from './requests.ts'

/** Requests of one caller, by a key. */
export interface Actor {
  get<T = Problem>(path: string, headers?: Record<string, string>): Promise<Answer<T>>
  post<T = Problem>(path: string, body?: unknown): Promise<Answer<T>>
  patch<T = Problem>(path: string, body: unknown): Promise<Answer<T>>
  delete<T = Problem>(path: string): Promise<Answer<T>>
}

export function actAs(url: string, key: string): Actor {
  function act<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const init = { method, headers: { authorization: key, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers } }
    return send<T>(url + path, body === undefined ? init : { ...init, body: JSON.stringify(body) })
  }
  return {
    get: (path, headers) => act('GET', path, undefined, headers),
    post: (path, body) => act('POST', path, body),
    patch: (path, body) => act('PATCH', path, body),
    delete: (path) => act('DELETE', path),
  }
}

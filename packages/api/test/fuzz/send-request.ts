import type { Client } from 'undici'
import type { SeenResponse } from '../support/check-response.ts'
import type { FuzzRequest } from './generate-request.ts'

/** How long any answer may take. */
const patienceMs = 15_000

/** Sends a request over the client's one connection. A stream of events is read to its first bytes, and cut. */
export async function sendRequest(client: Client, { method, path, headers, body }: FuzzRequest): Promise<SeenResponse> {
  const signal = AbortSignal.timeout(patienceMs)
  const response = await client.request({ method: method as 'GET', path, headers: headers.flat(), body: body === null ? null : Buffer.from(body, 'latin1'), signal }) // whatever the document names
  const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const)
  const answer = { method, url: path, status: response.statusCode, headers: Object.fromEntries(flat) }
  if (!/event-stream/.test(answer.headers['content-type'] ?? '')) return { ...answer, body: Buffer.from(await response.body.arrayBuffer()), isWhole: true }
  for await (const chunk of response.body) return { ...answer, body: chunk as Buffer, isWhole: false } // no encoding is set
  return { ...answer, body: Buffer.alloc(0), isWhole: true }
}

/** The request as a line for a shell, to be sent again by hand. */
export function writeCurl(url: string, { method, path, headers, body }: FuzzRequest): string {
  const quote = (text: string) => `$'${text.replaceAll(/[^\x20-\x26\x28-\x5b\x5d-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`
  const shown = body !== null && body.length > 4_000 ? `${body.slice(0, 4_000)}…(${body.length} bytes)` : body
  const parts = [`curl -i --globoff -X ${method}`, quote(url + path), ...headers.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`), ...(shown === null ? [] : [`--data-binary ${quote(shown)}`])]
  return parts.join(' ')
}

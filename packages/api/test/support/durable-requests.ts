import type { Message } from '@reprise/contract'
import { foreignOrganizationId } from './create-foreign-session.ts'
import { readUntil } from './open-stream.ts'
import { createSession, postMessage, scriptMessage, send, textMessage, type Answer } from './requests.ts'
import type { TestServer } from './start-server.ts'

export interface Listed<T> {
  data: T[]
  total: number
}

/** Its model call never answers. */
export const hanging = scriptMessage([{ fail: { kind: 'hang', times: 99 } }])
/** Fails at once, and for good: the script has no step. */
export const failing = textMessage('```sim\n{"steps":[]}\n```')

export interface DurableRequests {
  get<T>(path: string): Promise<Answer<T>>
  /** Posts as the documented clients do: with a JSON content type, and no body. */
  act<T>(path: string): Promise<Answer<T>>
  /** Posts a message, to a session of its own unless one is given, and waits until its session has nothing more to do. */
  run(body: object, sessionId?: string): Promise<Message>
  /** The id of a turn that has ended, and is another organization's. */
  makeForeignTurn(body: object): Promise<string>
}

export function createDurableRequests(server: TestServer): DurableRequests {
  const { url, pool } = server
  async function run(body: object, sessionId?: string): Promise<Message> {
    const message = await postMessage(url, sessionId ?? (await createSession(url)).id, body)
    await readUntil(url, message.session_id, 'session.idled')
    return message
  }
  return {
    get: (path) => send(`${url}/v1/durable/${path}`, { headers: { authorization: 'test' } }),
    act: (path) => send(`${url}/v1/durable/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' } }),
    run,
    async makeForeignTurn(body) {
      const { turn_id } = await run(body)
      await pool.query('UPDATE turns SET organization_id = $2 WHERE id = $1', [turn_id, foreignOrganizationId])
      return turn_id!
    },
  }
}

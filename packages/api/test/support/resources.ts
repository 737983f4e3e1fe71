import type { Agent, CreatedKey, Event, Image, Message, Model, Provider, Session } from '@reprise/contract'
import { expect } from 'vitest'
import { actAs } from './act-as.ts'
import { makePng } from './make-png.ts'
import { openStream } from './open-stream.ts'
import { send, textMessage } from './requests.ts'

/** One of everything that an organization can have, by ids. A new kind is a line here, and one below. */
export interface Ids {
  session: string
  event: string
  /** Of a turn that failed, so that it is a dead letter too. */
  turn: string
  agent: string
  provider: string
  model: string
  image: string
  key: string
}

/** Makes one of everything by an admin's key of the organization. */
export async function makeResources(url: string, key: string): Promise<Ids> {
  const admin = actAs(url, key)
  async function create<T>(path: string, body: unknown): Promise<T> {
    const answer = await admin.post<T>(path, body)
    expect(answer.status, answer.text).toBe(201)
    return answer.body
  }
  const session = (await create<Session>('/v1/sessions', { agent_name: 'assistant' })).id
  // A script without a step: its turn fails for good.
  const { turn_id } = await create<Message>(`/v1/sessions/${session}/messages`, textMessage('```sim\n{"steps":[]}\n```'))
  const stream = await openStream(`${url}/v1/sessions/${session}/sse`, { authorization: key })
  const frames = await stream.until('session.idled')
  stream.close()
  const provider = (await create<Provider>('/v1/providers', { name: 'Own', provider_type: 'sim' })).id
  const form = new FormData()
  form.set('file', new Blob([makePng(2, 2)], { type: 'image/png' }), 'dot.png')
  return {
    session,
    event: (frames.at(-1)!.data as Event).id,
    turn: turn_id!,
    agent: (await create<Agent>('/v1/agents', { name: 'helper', system_prompt: 'Help.' })).id,
    provider,
    model: (await create<Model>(`/v1/providers/${provider}/models`, { model: 'own' })).id,
    image: (await send<Image>(`${url}/v1/images`, { method: 'POST', headers: { authorization: key }, body: form })).body.id,
    key: (await create<CreatedKey>('/v1/keys', { name: 'Own' })).id,
  }
}

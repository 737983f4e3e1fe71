import type { Agent, KeyWithSecret, Event, Image, Message, Model, Provider, Schedule, Session, Webhook, WebhookDelivery } from '@reprise/contract'
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
  webhook: string
  delivery: string
  schedule: string
}

/** Makes one of everything by an admin's key of the organization. */
export async function makeResources(url: string, key: string): Promise<Ids> {
  const admin = actAs(url, key)
  async function create<T>(path: string, body: unknown): Promise<T> {
    const answer = await admin.post<T>(path, body)
    expect(answer.status, answer.text).toBe(201)
    return answer.body
  }
  const webhook = (await create<Webhook>('/v1/webhooks', { url: 'https://hooks.example.com', events: ['turn.failed'] })).id
  const session = (await create<Session>('/v1/sessions', { agent_name: 'assistant' })).id
  // A script without a step: its turn fails for good.
  const { turn_id } = await create<Message>(`/v1/sessions/${session}/messages`, textMessage('```sim\n{"steps":[]}\n```'))
  const stream = await openStream(`${url}/v1/sessions/${session}/sse`, { authorization: key })
  const frames = await stream.until('session.idled')
  stream.close()
  const provider = (await create<Provider>('/v1/providers', { name: 'Own', provider_type: 'sim' })).id
  const { data: deliveries } = (await admin.get<{ data: WebhookDelivery[] }>(`/v1/webhooks/${webhook}/deliveries`)).body
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
    webhook,
    delivery: deliveries[0]!.id,
    schedule: (await create<Schedule>('/v1/schedules', { session_id: session, ...textMessage('Hello'), cron: '0 0 1 1 *' })).id,
    key: (await create<KeyWithSecret>('/v1/keys', { name: 'Own' })).id,
  }
}

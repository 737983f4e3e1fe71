import { setTimeout as pause } from 'node:timers/promises'
import type { Event, Message } from '@reprise/contract'
import type { ApiClient } from './api-client.ts'
import type { StreamFollower } from './follow-stream.ts'
import type { Violation } from './violation.ts'

const pageSize = 1_000
const catchUpMsMax = 15_000
const pollMs = 50

export async function readEvents(client: ApiClient, sessionId: string): Promise<Event[]> {
  return await readPages((after) => client.get<{ data: Event[] }>(`/v1/sessions/${sessionId}/events?after_sequence=${after}&limit=${pageSize}`))
}

export async function readMessages(client: ApiClient, sessionId: string): Promise<Message[]> {
  return await readPages((after) => client.get<{ data: Message[] }>(`/v1/sessions/${sessionId}/messages?after=${after}&limit=${pageSize}`))
}

async function readPages<T extends { sequence: number }>(readAfter: (sequence: number) => Promise<{ data: T[] }>): Promise<T[]> {
  const all: T[] = []
  for (;;) {
    const { data } = await readAfter(all.at(-1)?.sequence ?? 0)
    if (data.length === 0) return all
    all.push(...data)
  }
}

/** A reader of the stream has seen exactly what is stored, event by event. */
export async function checkStream(follower: StreamFollower, stored: readonly Event[], signal: AbortSignal): Promise<Violation[]> {
  const startedAt = performance.now()
  follower.resume()
  while (follower.events.length < stored.length && performance.now() - startedAt < catchUpMsMax) await pause(pollMs, undefined, { signal })
  follower.rest()
  const flag = (what: string): Violation => ({ kind: 'stream', session_id: follower.sessionId, turn_id: null, what })
  const violations = follower.refusals.map((refusal) => flag(`the stream was refused: ${refusal}`))
  const { events } = follower
  const different = stored.findIndex((event, index) => JSON.stringify(event) !== JSON.stringify(events[index]))
  if (different >= 0) {
    const got = events[different]
    violations.push(flag(`after ${different} events ${stored[different]!.id} (${stored[different]!.sequence}, ${stored[different]!.type}) was to come, and ${got ? `${got.id} (${got.sequence}, ${got.type}) came` : 'nothing came'}`))
  } else if (events.length > stored.length) {
    violations.push(flag(`${events.length} events came, and ${stored.length} are stored`))
  }
  return violations
}

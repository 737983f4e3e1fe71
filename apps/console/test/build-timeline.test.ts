import type { SessionEvent } from '@reprise/client'
import type { EventData, EventType } from '@reprise/contract'
import { expect, it } from 'vitest'
import { buildTimeline } from '../src/turn/build-timeline.ts'
import { chooseTicks } from '../src/turn/choose-ticks.ts'

const begin = Date.parse('2026-01-01T00:00:00.000Z')
let sequence = 0

function at<T extends EventType>(ms: number, type: T, data: object = {}): SessionEvent {
  sequence += 1
  return { id: `event_${sequence}`, type, ts: new Date(begin + ms).toISOString(), session_id: 'sess_1', sequence, context: { turn_id: 'turn_1' }, data: data as EventData[T] } as unknown as SessionEvent // of the type that its data is of
}

const reason = (ms: number) => at(ms, 'reason.started', { metadata: { model: 'm' } })
const generation = (ms: number, duration_ms: number, rest: object = {}) => at(ms, 'llm.generation', { metadata: { model: 'm', duration_ms, time_to_first_token_ms: 20, success: true, ...rest }, output: {} })
const spans = (events: SessionEvent[]) => buildTimeline(events).spans.map(({ kind, label, start, end, outcome }) => [kind, label, start, end, outcome])

it('a turn with two tools side by side is a wait, a call, the tools and a call', () => {
  const events = [
    at(0, 'input.message'), at(0, 'turn.started'), reason(50), generation(100, 95),
    at(100, 'tool.started', { tool_call: { id: 'a', name: 'dig' } }), at(100, 'tool.started', { tool_call: { id: 'b', name: 'dig' } }),
    at(140, 'tool.completed', { tool_call_id: 'b', tool_name: 'dig', success: false, error: 'stone', duration_ms: 10 }),
    at(180, 'tool.completed', { tool_call_id: 'a', tool_name: 'dig', success: true, duration_ms: 80 }),
    reason(200), generation(300, 110), at(300, 'turn.completed'),
  ]
  expect(spans(events)).toEqual([
    ['waiting', 'Waiting', 0, 5, 'success'],
    ['model', 'm', 5, 100, 'success'],
    ['tool', 'dig', 100, 180, 'success'],
    ['tool', 'dig', 130, 140, 'error'],
    ['model', 'm', 190, 300, 'success'],
  ])
  expect(buildTimeline(events)).toMatchObject({ commits: [0, 50, 100, 140, 180, 200, 300], end: 300, restarts: [] })
})

it('an attempt that failed is followed by the wait before the next', () => {
  const events = [at(0, 'input.message'), reason(10), generation(20, 10, { success: false, error: 'server_error' }), reason(520), generation(600, 80, { retry: { attempt: 2 } })]
  expect(spans(events)).toEqual([['waiting', 'Waiting', 0, 10, 'success'], ['model', 'm', 10, 20, 'error'], ['backoff', 'Waiting to try again', 20, 520, 'success'], ['model', 'm', 520, 600, 'success']])
  expect(buildTimeline(events).spans.at(-1)).toMatchObject({ attempt: 2, firstTokenMs: 20 })
})

it('a call that was begun anew after a crash ends where that is known, and is marked', () => {
  const events = [at(0, 'input.message'), reason(10), at(2_000, 'reason.recovered'), reason(2_000), generation(2_500, 490)]
  expect(spans(events)).toEqual([['waiting', 'Waiting', 0, 10, 'success'], ['model', 'm', 10, 2_000, 'error'], ['model', 'm', 2_010, 2_500, 'success']])
  expect(buildTimeline(events).restarts).toEqual([2_000])
})

it('each step knows its worker, so that a takeover is seen', () => {
  const events = [
    at(0, 'input.message'), reason(10), generation(20, 10, { worker_id: 'worker_a' }), at(20, 'tool.started', { tool_call: { id: 'a', name: 'dig' } }),
    at(900, 'tool.completed', { tool_call_id: 'a', tool_name: 'dig', success: true, duration_ms: 5 }), at(900, 'act.completed', { worker_id: 'worker_b' }),
  ]
  expect(buildTimeline(events).spans.map(({ kind, worker_id }) => [kind, worker_id])).toEqual([['waiting', null], ['model', 'worker_a'], ['tool', 'worker_b']])
})

it('a turn that waits for its caller says so until it is answered', () => {
  const events = [at(0, 'input.message'), reason(10), generation(20, 10), at(20, 'tool.started', { tool_call: { id: 'a', name: 'ask' } }), at(20, 'tool.call_requested')]
  expect(spans(events).slice(2)).toEqual([['tool', 'ask', 20, null, 'open'], ['parked', 'Waiting for its caller', 20, null, 'open']])
  events.push(at(9_000, 'tool.completed', { tool_call_id: 'a', tool_name: 'ask', success: true, duration_ms: 8_980 }))
  expect(spans(events).slice(2)).toEqual([['tool', 'ask', 20, 9_000, 'success'], ['parked', 'Waiting for its caller', 20, 9_000, 'success']])
})

it('a turn that is cancelled leaves nothing open', () => {
  expect(spans([at(0, 'input.message'), reason(10), at(50, 'turn.cancelled')])).toEqual([['waiting', 'Waiting', 0, 10, 'success'], ['model', 'm', 10, 50, 'error']])
})

it('an axis has at most six round times after zero', () => {
  expect(chooseTicks(5)).toEqual([0, 1, 2, 3, 4, 5])
  expect(chooseTicks(3_600)).toEqual([0, 1_000, 2_000, 3_000])
  expect(chooseTicks(3 * 3_600_000)).toEqual([0, 1_800_000, 3_600_000, 5_400_000, 7_200_000, 9_000_000, 10_800_000])
})

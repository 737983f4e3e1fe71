import type { EventData, EventType, Message } from '@reprise/contract'
import type { SessionEvent } from '@reprise/client'
import { describe, expect, it } from 'vitest'
import { Transcript } from '../src/chat/conversation/transcript.ts'

const turn_id = 'turn_1'
let sequence = 0

function event<T extends EventType>(type: T, data: EventData[T], turn = turn_id): SessionEvent {
  sequence += 1
  return { id: `event_${sequence}`, type, ts: '2026-01-01T00:00:00.000Z', session_id: 'sess_1', sequence, context: { turn_id: turn }, data } as unknown as SessionEvent // of the type that its data is of
}

function message(id: string, role: Message['role'], content: Message['content'], rest: Partial<Message> = {}): Message {
  const nothing = { controls: null, metadata: null, tags: [], thinking: null, thinking_signature: null, external_actor: null }
  return { ...nothing, id, session_id: 'sess_1', sequence: ++sequence, role, content, created_at: '2026-01-01T00:00:00.000Z', turn_id, ...rest }
}

const text = (words: string): Message['content'] => [{ type: 'text', text: words }]
const call = (id: string, name = 'dig') => ({ type: 'tool_call' as const, id, name, arguments: { id } })
const result = (id: string, value: unknown) => ({ type: 'tool_result' as const, tool_call_id: id, result: value })

function apply(...events: SessionEvent[]): Transcript {
  const transcript = new Transcript()
  for (const one of events) transcript.apply(one)
  return transcript
}

const delta = (words: string, turn = turn_id) => event('output.message.delta', { turn_id: turn, delta: words }, turn)
const started = (turn = turn_id) => event('output.message.started', { turn_id: turn }, turn)
const completed = (one: Message) => event('output.message.completed', { message: one }, one.turn_id!)

describe('an answer', () => {
  it('grows under one key, which it keeps when it is stored', () => {
    const transcript = apply(event('reason.thinking.started', { turn_id }), event('reason.thinking.delta', { turn_id, delta: 'Hm' }), event('reason.thinking.completed', { turn_id, thinking: 'Hm.' }), started(), delta('Hel'), delta('lo'))
    const [growing] = transcript.entries
    expect(growing).toMatchObject({ kind: 'answer', text: 'Hello', thinking: 'Hm.', isThinking: false, isStreaming: true })
    transcript.apply(completed(message('message_1', 'agent', text('Hello'), { thinking: 'Hm.' })))
    expect(transcript.entries).toEqual([{ ...growing, message: expect.objectContaining({ id: 'message_1' }), isStreaming: false }])
  })

  it('that starts over after a crash is only what came since', () => {
    const transcript = apply(started(), delta('Hello wor'), event('reason.recovered', { turn_id, mode: 'restart', accumulated_len: 9 }), started(), delta('Good day'))
    expect(transcript.entries).toMatchObject([{ text: 'Good day', isStreaming: true }])
  })

  it('whose deltas were pruned is whole all the same, and stands once however often it is told', () => {
    const whole = message('message_1', 'agent', text('Hello'))
    const transcript = apply(completed(whole), completed(whole))
    transcript.addMessage(whole)
    expect(transcript.entries).toMatchObject([{ text: 'Hello' }])
  })

  it('of another turn grows beside it', () => {
    const transcript = apply(started(), delta('one'), started('turn_2'), delta('two', 'turn_2'), delta('!'))
    expect(transcript.entries).toMatchObject([{ text: 'one!' }, { text: 'two' }])
  })

  it('that was cut off by a cancel stays as far as it came, and the turn is said to be cancelled', () => {
    const partial = message('message_1', 'agent', text('Hel'), { metadata: { interrupted: true } })
    const transcript = apply(event('turn.started', { turn_id, input_message_id: 'message_0' }), started(), delta('Hel'), completed(partial), event('turn.cancelled', { turn_id }))
    expect(transcript.entries).toMatchObject([{ text: 'Hel', isInterrupted: true, isStreaming: false }, { kind: 'cancelled' }])
    expect(transcript.running).toBeNull()
  })

  it('of a failed turn leaves nothing that streams, and its notice tells', () => {
    const notice = message('message_1', 'agent', text('It failed.'), { metadata: { notice: true } })
    const transcript = apply(started(), event('turn.failed', { turn_id, error: 'x', error_code: 'provider_error' }), completed(notice))
    expect(transcript.entries).toMatchObject([{ isNotice: true, isStreaming: false }])
  })
})

it('a message that was read before its events came leaves nothing that streams', () => {
  const transcript = new Transcript()
  const whole = message('message_1', 'agent', text('Hello'))
  transcript.prepend([whole])
  for (const one of [started(), delta('Hel'), completed(whole)]) transcript.apply(one)
  expect(transcript.entries).toMatchObject([{ text: 'Hello', isStreaming: false }])
})

describe('tools', () => {
  const asking = message('message_1', 'agent', [...text('Let me see.'), call('a'), call('b')])

  it('run side by side, each to its own end', () => {
    const transcript = apply(completed(asking), event('tool.progress', { tool_call_id: 'a', tool_name: 'dig', message: 'half' }), event('tool.completed', { tool_call_id: 'b', tool_name: 'dig', success: false, status: 'error', error: 'stone', duration_ms: 5 }))
    expect(transcript.entries).toMatchObject([{ text: 'Let me see.' }, { kind: 'tools', calls: [{ id: 'a', status: 'running', progress: 'half' }, { id: 'b', status: 'error', error: 'stone', duration_ms: 5 }] }])
    transcript.addMessage(message('message_2', 'tool_result', [result('a', 7)]))
    expect(transcript.entries[1]).toMatchObject({ calls: [{ status: 'success', result: 7 }, { status: 'error' }] })
  })

  it('that wait for somebody park the turn', () => {
    const transcript = apply(event('turn.started', { turn_id, input_message_id: 'message_0' }), completed(asking), event('tool.call_requested', { tool_calls: [call('a')] }), event('tool.approval_requested', { tool_calls: [call('b')] }))
    expect(transcript.running).toEqual({ turn_id, isParked: true })
    expect(transcript.entries[1]).toMatchObject({ calls: [{ status: 'awaiting_result' }, { status: 'awaiting_approval' }] })
  })

  it('whose results stand on the newer page find their calls on the older one', () => {
    const transcript = new Transcript()
    transcript.prepend([message('message_3', 'tool_result', [result('a', 7)]), message('message_4', 'agent', text('Done.'))])
    transcript.prepend([message('message_0', 'user', text('Dig!')), asking])
    expect(transcript.entries).toMatchObject([{ kind: 'user' }, { text: 'Let me see.' }, { kind: 'tools', calls: [{ id: 'a', name: 'dig', status: 'success', result: 7 }, { id: 'b' }] }, { text: 'Done.' }])
  })

  it('with the same ids in two turns are two', () => {
    const transcript = apply(completed(message('message_1', 'agent', [call('a')])), completed(message('message_2', 'agent', [call('a')], { turn_id: 'turn_2' })), event('tool.completed', { tool_call_id: 'a', tool_name: 'dig', success: true, status: 'success', result: 1, duration_ms: 1 }, 'turn_2'))
    expect(transcript.entries).toMatchObject([{ calls: [{ status: 'running' }] }, { calls: [{ status: 'success' }] }])
  })
})

describe('a message that is being sent', () => {
  it('becomes the stored one, whether its event or the answer comes first', () => {
    for (const order of ['event first', 'answer first']) {
      const transcript = new Transcript()
      const stored = message('message_1', 'user', text('Hello'))
      transcript.sending({ ...stored, id: 'pending:1' })
      if (order === 'event first') transcript.apply(event('input.message', { message: stored }))
      transcript.stored('pending:1', stored)
      transcript.apply(event('input.message', { message: stored }))
      expect(transcript.entries).toMatchObject([{ key: 'message_1', delivery: null }])
    }
  })

  it('that was refused says why, and can be taken away', () => {
    const transcript = new Transcript()
    transcript.sending(message('pending:1', 'user', text('Hello')))
    transcript.failed('pending:1', new Error('no'))
    expect(transcript.entries).toMatchObject([{ delivery: 'failed', error: new Error('no') }])
    transcript.remove('pending:1')
    expect(transcript.entries).toEqual([])
  })
})

import type { Event, Message } from '@reprise/contract'
import { describe, expect, test } from 'vitest'
import { checkSession } from '../src/crashtest/check-session.ts'
import { record, scripted } from '../src/crashtest/exchange.ts'
import type { LedgerEntry } from '../src/crashtest/ledger.ts'
import { readCrashtestOptions } from '../src/crashtest/options.ts'
import { Random } from '../src/crashtest/random.ts'
import { measureRecoveries } from '../src/crashtest/recovery.ts'
import type { Accepted } from '../src/crashtest/scene.ts'
import { runCli } from './support/start-cli.ts'

test('the short form kills, freezes and cuts off servers, and finds every promise kept', { timeout: 180_000 }, async () => {
  const { code, stdout, stderr } = await runCli(['crashtest', '--short'], {})
  expect(code, stdout + stderr).toBe(0)
  for (const kept of ['lost', 'doubled', 'stuck', 'out of order', 'wrongly dead-lettered', 'anything else']) expect(stdout).toMatch(new RegExp(`^  ${kept} +0$`, 'm'))
  expect(stdout).toMatch(/^ {2}kills +6 of 6/m)
  expect(stdout).toMatch(/^ {2}freezes past the lease +1 of 1/m)
  expect(stdout).toMatch(/^ {2}sweep +6 crashes at 3 of 3 crash points/m)
  expect(stdout).toMatch(/^ {2}effects per key +1 at most, .*violations 0$/m)
  const [, first] = /^Seed (\d+)/.exec(stdout) ?? []
  expect(stdout).toContain(`Every promise was kept. Seed ${first}.`)
})

test('an option that makes no sense is refused with what was expected', async () => {
  const { code, stderr } = await runCli(['crashtest', '--kills', 'many'], {})
  expect(code).toBe(1)
  expect(stderr).toBe('--kills must be a whole number from 0 to 1000000; it is "many".\n')
})

test('the short form can be changed option by option, and the sweep left out', () => {
  expect(readCrashtestOptions({ short: true, kills: '3', seed: '5', sweep: false })).toMatchObject({ processes: 2, turns: 60, kills: 3, seed: 5, sweep: [] })
})

test('the same seed asks for the same things, and each part of the work has its own', () => {
  const draw = (random: Random) => Array.from({ length: 5 }, () => random.integer(1, 1_000))
  expect(draw(new Random(7))).toEqual(draw(new Random(7)))
  expect(draw(new Random(7).fork('a'))).not.toEqual(draw(new Random(7).fork('b')))
})

test('recovery counts from the last fault that hit the turn to the first event that somebody else has committed', () => {
  const turns = [{ id: 'turn', recoveries: 0 }]
  const hits = [
    { kind: 'kill' as const, at: 1_000, turns, processesLeft: 1 },
    { kind: 'kill' as const, at: 2_000, turns, processesLeft: 1 },
  ]
  // The database's clock is 100 ms ahead; what was under way at the second kill was committed 50 ms after it.
  const events = [900, 2_150, 3_000, 3_100].map((at) => ({ at, type: 'reason.started' }))
  const { kill } = measureRecoveries(hits, 100, new Map([['turn', events]]))
  expect(kill.map(({ ms }) => ms)).toEqual([900])
})

/** A session of one turn that calls a webhook and answers, as the server would show it. */
class Told {
  readonly events: Event[] = []
  readonly messages: Message[] = []
  readonly accepted: Accepted[] = []
  entries: LedgerEntry[] = [{ key: 'turn_1:call_1', tool: 'record', marker: 'effect', deliveries: 2, effects: 1 }]

  constructor() {
    const exchange = scripted('one', [{ calls: [record({ marker: 'effect' })] }, { text: 'It is noted.' }])
    const call = { id: 'call_1', name: 'record', arguments: { marker: 'effect' } }
    const input = this.message('user', [{ type: 'text', text: exchange.text }])
    this.accepted.push({ shape: 'one tool', exchange, message_id: input.id, turn_id: 'turn_1', sequence: 1, delivery: 'started', cancel: 'no' })
    this.event('input.message', { message: input })
    this.event('turn.started', { turn_id: 'turn_1', input_message_id: input.id })
    this.event('reason.started', {})
    this.event('output.message.started', {})
    this.event('output.message.completed', { message: this.message('agent', [{ type: 'tool_call', ...call }]) })
    this.event('tool.started', { tool_call: call })
    this.event('tool.completed', { tool_call_id: 'call_1' })
    this.message('tool_result', [{ type: 'tool_result', tool_call_id: 'call_1', result: { recorded: 'effect' } }])
    this.event('reason.started', {})
    this.event('output.message.started', {})
    this.event('output.message.delta', { delta: 'It is ' })
    this.event('reason.recovered', {})
    this.event('reason.started', {})
    this.event('output.message.started', {})
    this.event('output.message.delta', { delta: 'It is noted.' })
    this.event('output.message.completed', { message: this.message('agent', [{ type: 'text', text: 'It is noted.' }]) })
    this.event('turn.completed', { turn_id: 'turn_1' })
  }

  event(type: string, data: object): void {
    const sequence = this.events.length + 1
    this.events.push({ id: `event_${1_000 + sequence}`, type, ts: new Date(sequence).toISOString(), session_id: 'sess_1', sequence, context: { turn_id: 'turn_1' }, data: { ...data } })
  }

  message(role: Message['role'], content: Message['content']): Message {
    const sequence = this.messages.length + 1
    const message: Message = {
      id: `message_${sequence}`, session_id: 'sess_1', sequence, role, content, controls: null, metadata: null, tags: [], created_at: '',
      thinking: null, thinking_signature: null, external_actor: null, turn_id: 'turn_1',
    }
    this.messages.push(message)
    return message
  }

  /** Takes events out, and numbers what is left without a gap. */
  without(fits: (event: Event) => boolean): void {
    const left = this.events.filter((event) => !fits(event)).map((event, index) => ({ ...event, sequence: index + 1, id: `event_${1_001 + index}` }))
    this.events.splice(0, this.events.length, ...left)
  }

  check() {
    const session = { id: 'sess_1', accepted: this.accepted, refused: [], isRetired: false }
    return checkSession({ session, events: this.events, messages: this.messages, entriesFor: () => this.entries }).violations.map(({ kind }) => kind)
  }
}

describe('the checks', () => {
  test('find nothing wrong with a turn that is right', () => {
    expect(new Told().check()).toEqual([])
  })

  const faults: [what: string, kind: string, spoil: (told: Told) => unknown][] = [
    ['a message that is not there', 'lost', (told) => told.messages.shift()],
    ['a message that is there twice', 'doubled', (told) => told.message('user', told.messages[0]!.content)],
    ['a message that nobody posted', 'transcript', (told) => told.message('user', [{ type: 'text', text: 'Who said this?' }])],
    ['a turn that has not ended', 'stuck', (told) => told.events.pop()],
    ['a turn that ends twice', 'doubled', (told) => told.event('turn.completed', { turn_id: 'turn_1' })],
    ['a turn that starts twice', 'doubled', (told) => told.event('turn.started', { turn_id: 'turn_1', input_message_id: 'message_1' })],
    ['a turn that failed and was not to', 'wrongly dead-lettered', (told) => (told.events.at(-1)!.type = 'turn.failed')],
    ['a turn that nobody cancelled', 'wrongly cancelled', (told) => (told.events.at(-1)!.type = 'turn.cancelled')],
    ['a turn that completed after its cancel was promised', 'transcript', (told) => (told.accepted[0]!.cancel = 'must')],
    ['a gap in the sequence', 'out of order', (told) => told.events.splice(8, 1)],
    ['an id that does not rise', 'out of order', (told) => (told.events[5]!.id = 'event_0')],
    ['deltas that are not the text', 'stream', (told) => (told.events.findLast(({ type }) => type === 'output.message.delta')!.data = { delta: 'It is' })],
    ['a call that starts over and does not say so', 'stream', (told) => told.without(({ type }) => type === 'reason.recovered')],
    ['a completed message without a start', 'stream', (told) => told.without(({ type }) => type === 'output.message.started')],
    ['a call that is answered twice', 'doubled', (told) => told.event('tool.completed', { tool_call_id: 'call_1' })],
    ['a call without a result', 'lost', (told) => told.messages.splice(2, 1)],
    ['an answer that the model never gave', 'transcript', (told) => (told.messages.at(-1)!.content = [{ type: 'text', text: 'It is lost.' }])],
    ['an effect under two keys', 'effects', (told) => told.entries.push({ ...told.entries[0]!, key: 'turn_1:call_2' })],
    ['a result without an effect', 'effects', (told) => (told.entries = [])],
  ]

  test.each(faults)('find %s', (_what, kind, spoil) => {
    const told = new Told()
    spoil(told)
    expect(told.check()).toContain(kind)
  })

  test('find a call that must not run twice and was delivered twice', () => {
    const told = new Told()
    told.accepted[0]!.exchange.steps[0]!.calls![0]!.name = 'charge'
    told.messages[1]!.content = [{ type: 'tool_call', id: 'call_1', name: 'charge', arguments: { marker: 'effect' } }]
    expect(told.check()).toEqual(['effects'])
  })
})

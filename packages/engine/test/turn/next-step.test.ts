import { turnHasEnded, turnStatuses, type TurnStatus } from '@reprise/contract'
import { describe, expect, test } from 'vitest'
import { nextStep, type Debtor, type Step, type TurnMessage, type TurnProgress } from '../../src/turn/next-step.ts'

const user: TurnMessage = { role: 'user' }
const system: TurnMessage = { role: 'system' }
const answer: TurnMessage = { role: 'agent', tool_calls: [] }
const asks = (...calls: string[]): TurnMessage => ({
  role: 'agent',
  // `a` the server runs, `a?` the caller is asked for, `a+` somebody has to approve, `a!` nobody did either in time.
  tool_calls: calls.map((call) => ({ id: call.replace(/[?!+]/, ''), debtor: debtors[call.at(-1)!] ?? 'server' })),
})
const debtors: Record<string, Debtor> = { '?': 'caller', '+': 'approver', '!': 'nobody' }
const result = (tool_call_id: string): TurnMessage => ({ role: 'tool_result', tool_call_id })

const fresh: TurnProgress = { status: 'running', max_iterations: 3, pending_steers: 0, recoveries: 0 }
const running = (messages: TurnMessage[], progress: Partial<TurnProgress> = {}): Step => nextStep({ ...fresh, ...progress }, messages)

describe('a running turn', () => {
  const worn = [user, asks('a'), result('a'), asks('b'), result('b')]
  test.for<[string, TurnMessage[], Step, Partial<TurnProgress>?]>([
    ['calls the model for its message', [user], { kind: 'call_model', iteration: 1 }],
    ['runs the tools that the model asked for', [user, asks('a', 'b')], { kind: 'run_tools', open_call_ids: ['a', 'b'] }],
    ['runs only the tools without a result', [user, asks('a', 'b'), result('b')], { kind: 'run_tools', open_call_ids: ['a'] }],
    ['runs its own tools before it asks its caller', [user, asks('a?', 'b')], { kind: 'run_tools', open_call_ids: ['b'] }],
    ['parks on what only its caller can answer', [user, asks('a?', 'b'), result('b')], { kind: 'park', open_call_ids: ['a'], unapproved_call_ids: [] }],
    ['runs what needs no approval before it asks for approvals', [user, asks('a+', 'b')], { kind: 'run_tools', open_call_ids: ['b'] }],
    ['parks on what needs approval', [user, asks('a+', 'b'), result('b')], { kind: 'park', open_call_ids: ['a'], unapproved_call_ids: ['a'] }],
    ['asks for approvals and results at once', [user, asks('a?', 'b+', 'c+')], { kind: 'park', open_call_ids: ['a', 'b', 'c'], unapproved_call_ids: ['b', 'c'] }],
    ['closes what nobody approved in time', [user, asks('a!', 'b+')], { kind: 'close_calls', open_call_ids: ['a'], closed_by: 'deadline' }],
    ['closes what waits for approval when a message came instead', [user, asks('a+', 'b?')], { kind: 'close_calls', open_call_ids: ['a', 'b'], closed_by: 'message' }, { pending_steers: 1 }],
    ['runs what was approved although a message came instead of the rest', [user, asks('a', 'b+')], { kind: 'run_tools', open_call_ids: ['a'] }, { pending_steers: 1 }],
    ['closes what its caller did not answer in time', [user, asks('a!', 'b?')], { kind: 'close_calls', open_call_ids: ['a'], closed_by: 'deadline' }],
    ['closes what waits for its caller when a message came instead', [user, asks('a?', 'b?')], { kind: 'close_calls', open_call_ids: ['a', 'b'], closed_by: 'message' }, { pending_steers: 1 }],
    ['lets its own tools finish before it takes a message in', [user, asks('a')], { kind: 'run_tools', open_call_ids: ['a'] }, { pending_steers: 1 }],
    ['takes a message in before the next model call', [user, asks('a'), result('a')], { kind: 'take_steers' }, { pending_steers: 2 }],
    ['takes a message in instead of completing', [user, answer], { kind: 'take_steers' }, { pending_steers: 1 }],
    ['calls the model again once all results are there', [user, asks('a', 'b'), result('b'), result('a')], { kind: 'call_model', iteration: 2 }],
    ['completes with an answer that asks for nothing', [user, asks('a'), result('a'), answer], { kind: 'complete' }],
    ['goes on when a message joined after the answer', [user, answer, user], { kind: 'call_model', iteration: 2 }],
    ['fails with tools asked for in the last iteration, whoever owes them', [...worn, asks('c', 'd?')], { kind: 'fail', error_code: 'max_iterations', open_call_ids: ['c', 'd'] }],
    ['fails when it would call the model once too often', [...worn, asks('c'), result('c')], { kind: 'fail', error_code: 'max_iterations', open_call_ids: [] }],
    ['completes with an answer in the last iteration', [...worn, answer], { kind: 'complete' }],
    ['that killed ten processes fails, and owes nothing', [user, asks('a', 'b?')], { kind: 'fail', error_code: 'worker_crashed', open_call_ids: ['a', 'b'] }, { recoveries: 10 }],
    ['that killed four goes on', [user], { kind: 'call_model', iteration: 1 }, { recoveries: 4 }],
    ['without any message fails', [], { kind: 'fail', error_code: 'internal_error', open_call_ids: [] }],
  ])('%s', ([, messages, step, progress]) => expect(running(messages, progress)).toEqual(step))
})

describe('in every combination of up to five messages', () => {
  const alphabet: TurnMessage[] = [user, system, answer, asks('a'), asks('a', 'b?'), asks('a?'), asks('a!', 'b?'), asks('a+', 'b'), asks('a+', 'b?'), result('a'), result('b')]
  const all = [...sequences(alphabet, 5)]
  const everyWay: Partial<TurnProgress>[] = [{}, { pending_steers: 1 }, { recoveries: 10 }, { max_iterations: 1 }]

  /** Fails with the case in hand, which is quicker than an assertion for each. */
  function always(holds: (step: Step, messages: TurnMessage[], progress: TurnProgress) => boolean): void {
    for (const progress of everyWay) {
      for (const messages of all) {
        const step = running(messages, progress)
        if (!holds(step, messages, { ...fresh, ...progress })) throw new Error(JSON.stringify({ progress, messages, step }))
      }
    }
  }

  test('there are the combinations we think there are', () => {
    expect(all).toHaveLength(1 + 11 + 11 ** 2 + 11 ** 3 + 11 ** 4 + 11 ** 5)
  })

  test('a turn never ends, and no model is called, while a tool call has no result (S3)', () => {
    always((step, messages) => {
      const open = openCalls(messages)
      if (step.kind === 'fail') return JSON.stringify(step.open_call_ids) === JSON.stringify(open)
      return open.length === 0 || !['complete', 'call_model', 'take_steers', 'none'].includes(step.kind)
    })
  })

  test('a turn calls no model, ends not and waits not over a message that joined it (S4)', () => {
    always((step, _, { pending_steers }) => pending_steers === 0 || !['complete', 'call_model', 'park'].includes(step.kind))
  })

  test('only calls without a result are run, asked for or closed, and each step has some', () => {
    always((step, messages) => {
      if (step.kind !== 'run_tools' && step.kind !== 'park' && step.kind !== 'close_calls') return true
      const open = openCalls(messages)
      return step.open_call_ids.length > 0 && step.open_call_ids.every((id) => open.includes(id))
    })
  })

  test('no call runs, and no caller is asked for its result, while it waits for approval (S5)', () => {
    always((step, messages) => {
      const unapproved = openCalls(messages).filter((id) => lastDebtor(messages, id) === 'approver')
      if (step.kind === 'run_tools') return step.open_call_ids.every((id) => lastDebtor(messages, id) === 'server')
      return step.kind !== 'park' || JSON.stringify(step.unapproved_call_ids) === JSON.stringify(unapproved)
    })
  })

  test('no model is called past the limit', () => {
    always((step, messages, { max_iterations }) => step.kind !== 'call_model' || (step.iteration === count(messages) + 1 && step.iteration <= max_iterations))
  })

  test('a turn completes exactly when its last word is an answer that asks for nothing', () => {
    always((step, messages, { pending_steers, recoveries }) => {
      const completes = openCalls(messages).length === 0 && messages.at(-1) === answer && pending_steers === 0 && recoveries < 10
      return (step.kind === 'complete') === completes
    })
  })

  test('only a running turn has something to do', () => {
    const others = turnStatuses.filter((status): status is Exclude<TurnStatus, 'running'> => status !== 'running')
    for (const messages of all.filter((_, index) => index % 7 === 0)) {
      for (const status of others) expect(running(messages, { status }).kind).toBe('none')
    }
    expect(others.some((status) => turnHasEnded[status])).toBe(true)
  })
})

test('every turn ends: however often the model asks for tools, the steps lead to an end', () => {
  for (let max_iterations = 1; max_iterations <= 5; max_iterations++) {
    const messages: TurnMessage[] = [user]
    const kinds: string[] = []
    for (let step = running(messages, { max_iterations }); step.kind !== 'fail'; step = running(messages, { max_iterations })) {
      kinds.push(step.kind)
      if (step.kind === 'call_model') messages.push(asks(`call-${step.iteration}`))
      else if (step.kind === 'run_tools') messages.push(...step.open_call_ids.map(result))
      expect(kinds.length).toBeLessThan(20)
    }
    expect(kinds.filter((kind) => kind === 'call_model')).toHaveLength(max_iterations)
  }
})

/** The oracle: asked for and not answered since, first asked first. */
function openCalls(messages: readonly TurnMessage[]): string[] {
  const lastAsked = new Map<string, number>()
  const lastAnswered = new Map<string, number>()
  messages.forEach((message, index) => {
    if (message.role === 'agent') {
      for (const id of message.tool_calls.map((call) => call.id).filter((asked) => !isOpen(asked))) {
        lastAsked.delete(id)
        lastAsked.set(id, index)
      }
    }
    if (message.role === 'tool_result') lastAnswered.set(message.tool_call_id, index)
  })
  function isOpen(id: string): boolean {
    return lastAsked.has(id) && (lastAnswered.get(id) ?? -1) < lastAsked.get(id)!
  }
  return [...lastAsked.keys()].filter(isOpen)
}

function lastDebtor(messages: readonly TurnMessage[], callId: string): Debtor | undefined {
  return messages.flatMap((message) => (message.role === 'agent' ? message.tool_calls : [])).findLast((call) => call.id === callId)?.debtor
}

function count(messages: readonly TurnMessage[]): number {
  return messages.filter((message) => message.role === 'agent').length
}

/** Every sequence over the alphabet, from the empty one to the longest. */
function* sequences<T>(alphabet: readonly T[], longest: number): Generator<T[]> {
  yield []
  if (longest === 0) return
  for (const shorter of sequences(alphabet, longest - 1)) for (const item of alphabet) yield [item, ...shorter]
}

import { turnHasEnded, turnStatuses, type TurnStatus } from '@reprise/contract'
import { describe, expect, test } from 'vitest'
import { nextStep, type Step, type TurnMessage } from '../../src/turn/next-step.ts'

const user: TurnMessage = { role: 'user' }
const system: TurnMessage = { role: 'system' }
const answer: TurnMessage = { role: 'agent', tool_call_ids: [] }
const asks = (...tool_call_ids: string[]): TurnMessage => ({ role: 'agent', tool_call_ids })
const result = (tool_call_id: string): TurnMessage => ({ role: 'tool_result', tool_call_id })

const running = (messages: TurnMessage[], max_iterations = 3): Step => nextStep({ status: 'running', max_iterations }, messages)

describe('a running turn', () => {
  test.for<[string, TurnMessage[], Step]>([
    ['calls the model for its message', [user], { kind: 'call_model', iteration: 1 }],
    ['runs the tools that the model asked for', [user, asks('a', 'b')], { kind: 'run_tools', open_call_ids: ['a', 'b'] }],
    ['runs only the tools without a result', [user, asks('a', 'b'), result('b')], { kind: 'run_tools', open_call_ids: ['a'] }],
    ['calls the model again once all results are there', [user, asks('a', 'b'), result('b'), result('a')], { kind: 'call_model', iteration: 2 }],
    ['completes with an answer that asks for nothing', [user, asks('a'), result('a'), answer], { kind: 'complete' }],
    ['goes on when a message joined after the answer', [user, answer, user], { kind: 'call_model', iteration: 2 }],
    ['refuses tools asked for in the last iteration', [user, asks('a'), result('a'), asks('b'), result('b'), asks('c')], { kind: 'refuse_tools', open_call_ids: ['c'] }],
    ['fails once the refused calls have their results', [user, asks('a'), result('a'), asks('b'), result('b'), asks('c'), result('c')], { kind: 'fail', error_code: 'max_iterations' }],
    ['completes with an answer in the last iteration', [user, asks('a'), result('a'), asks('b'), result('b'), answer], { kind: 'complete' }],
    ['without any message fails', [], { kind: 'fail', error_code: 'internal_error' }],
  ])('%s', ([, messages, step]) => expect(running(messages)).toEqual(step))
})

describe('in every combination of up to six messages', () => {
  const alphabet: TurnMessage[] = [user, system, answer, asks('a'), asks('a', 'b'), asks('b'), result('a'), result('b')]
  const all = [...sequences(alphabet, 6)]

  test('there are the combinations we think there are', () => {
    expect(all).toHaveLength(1 + 8 + 8 ** 2 + 8 ** 3 + 8 ** 4 + 8 ** 5 + 8 ** 6)
  })

  test('a turn never ends, and no model is called, while a tool call has no result (S3)', () => {
    for (const messages of all) {
      const step = running(messages)
      const ends = step.kind === 'complete' || step.kind === 'fail'
      if ((ends || step.kind === 'call_model') && openCalls(messages).length > 0) throw new Error(JSON.stringify({ messages, step }))
    }
  })

  test('tools run exactly for the calls without a result, and never past the limit of model calls', () => {
    for (const messages of all) {
      const step = running(messages)
      const open = openCalls(messages)
      const runs = step.kind === 'run_tools' || step.kind === 'refuse_tools'
      if (runs !== open.length > 0) throw new Error(JSON.stringify({ messages, step }))
      if (runs && JSON.stringify(step.open_call_ids) !== JSON.stringify(open)) throw new Error(JSON.stringify({ messages, step }))
      if (step.kind === 'run_tools' && count(messages) >= 3) throw new Error(JSON.stringify({ messages, step }))
      if (step.kind === 'call_model' && step.iteration !== count(messages) + 1) throw new Error(JSON.stringify({ messages, step }))
      if (step.kind === 'call_model' && step.iteration > 3) throw new Error(JSON.stringify({ messages, step }))
    }
  })

  test('a turn completes exactly when its last word is an answer that asks for nothing', () => {
    for (const messages of all) {
      const completes = openCalls(messages).length === 0 && messages.at(-1) === answer
      if ((running(messages).kind === 'complete') !== completes) throw new Error(JSON.stringify(messages))
    }
  })

  test('only a running turn has something to do', () => {
    const others = turnStatuses.filter((status): status is Exclude<TurnStatus, 'running'> => status !== 'running')
    for (const messages of all.filter((_, index) => index % 7 === 0)) {
      for (const status of others) expect(nextStep({ status, max_iterations: 3 }, messages).kind).toBe('none')
    }
    expect(others.some((status) => turnHasEnded[status])).toBe(true)
  })
})

test('every turn ends: however often the model asks for tools, the steps lead to an end', () => {
  for (let max_iterations = 1; max_iterations <= 5; max_iterations++) {
    const messages: TurnMessage[] = [user]
    const kinds: string[] = []
    for (let step = running(messages, max_iterations); step.kind !== 'fail'; step = running(messages, max_iterations)) {
      kinds.push(step.kind)
      if (step.kind === 'call_model') messages.push(asks(`call-${step.iteration}`))
      else if (step.kind === 'run_tools' || step.kind === 'refuse_tools') messages.push(...step.open_call_ids.map(result))
      expect(kinds.length).toBeLessThan(20)
    }
    expect(kinds.filter((kind) => kind === 'call_model')).toHaveLength(max_iterations)
    expect(kinds.at(-1)).toBe('refuse_tools')
  }
})

/** The oracle: asked for and not answered since, first asked first. */
function openCalls(messages: readonly TurnMessage[]): string[] {
  const lastAsked = new Map<string, number>()
  const lastAnswered = new Map<string, number>()
  messages.forEach((message, index) => {
    if (message.role === 'agent') {
      for (const id of message.tool_call_ids.filter((asked) => !isOpen(asked))) {
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

function count(messages: readonly TurnMessage[]): number {
  return messages.filter((message) => message.role === 'agent').length
}

/** Every sequence over the alphabet, from the empty one to the longest. */
function* sequences<T>(alphabet: readonly T[], longest: number): Generator<T[]> {
  yield []
  if (longest === 0) return
  for (const shorter of sequences(alphabet, longest - 1)) for (const item of alphabet) yield [item, ...shorter]
}

import type { ContentPart, ToolCallPart } from '@reprise/contract'
import type { TurnModel } from '@reprise/store'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PromptMessage } from '../../src/index.ts'
import { buildPrompt } from '../../src/prompt/build-prompt.ts'
import { chooseCut, type ChosenCut } from '../../src/prompt/choose-cut.ts'
import { contextBudgetOf } from '../../src/prompt/context-budget.ts'
import { measureTurn } from '../../src/prompt/earlier-turns.ts'
import { estimateFixed, estimateMessage } from '../../src/prompt/estimate-tokens.ts'
import { createPromptMemory } from '../../src/prompt/prompt-memory.ts'
import type { ImageServices } from '../../src/prompt/turn-images.ts'
import type { MessageOfTurn, Turn } from '../../src/turn/turn.ts'
import { makeTurnModel } from '../support/turn-model.ts'

const model = makeTurnModel({ context_window: 2_000, max_output_tokens: 0 })
const { tokensMax, tokensKept } = contextBudgetOf(model)
const system = 'You are a helpful assistant.'
const tools = [{ name: 'look', description: 'Looks something up.', parameters: { type: 'object' } }]

function turnOf(messages: MessageOfTurn[], changes: Partial<TurnModel> = {}): Turn {
  const definition = { agent_id: null, harness_id: 'h', system_prompt: system, capabilities: [], tools: [], max_iterations: 20, parallel_tool_calls: true }
  return {
    organization_id: 'o', session_id: 's', id: 't', ordinal: 9, status: 'running', input_message_id: 'i', model: { ...model, ...changes }, definition,
    reasoning_effort: null, error_disclosure: null, created_ms: 0, epoch: 1, checkpoint_number: 0, attempt: 1, retry_in_ms: 0, recoveries: 0, pending_steers: 0, retry_of: null, messages,
  }
}

/** The prompt as from nothing: no memory of an earlier call, and copies of the messages. */
async function promptOf(history: MessageOfTurn[][], changes: Partial<TurnModel> = {}): Promise<{ chosen: ChosenCut; messages: PromptMessage[] | null }> {
  const copy = structuredClone(history)
  const turn = turnOf(copy.at(-1)!, changes)
  const earlier = copy.slice(0, -1).map((messages) => measureTurn(messages, turn.model))
  const services = {} as ImageServices // only loading an image needs any, and nothing here loads one
  const memory = createPromptMemory(services, turn, new AbortController().signal)
  const chosen = chooseCut(turn, earlier, tools, memory)
  if (chosen.outcome === 'too_large') return { chosen, messages: null }
  const { earlier_turns, messages } = await buildPrompt(turn, { earlier, cut: chosen.cut }, memory)
  return { chosen, messages: [...earlier_turns.flat(), ...messages] }
}

/** What a prompt takes, counted from what it shows. */
function estimateShown(messages: readonly PromptMessage[]): number {
  const asStored = messages.map((message): MessageOfTurn => {
    if (message.role === 'user') return { role: 'user', content: message.content.map((part): ContentPart => (part.type === 'text' ? part : { type: 'image', url: 'https://example.com' })) }
    if (message.role === 'agent') return { role: 'agent', id: '', content: [...message.content], thinking: [...message.thinking], model_id: model.id, usage: null }
    return { role: 'tool_result', content: message.content.map(({ tool_call_id, result: value }) => ({ type: 'tool_result', tool_call_id, result: value })) }
  })
  return estimateFixed(system, tools, model) + asStored.reduce((sum, message) => sum + estimateMessage(message, model), 0)
}

const marker = '[tool result dropped to fit the context window]'
const words = (count: number) => 'word '.repeat(count)
const user = (text: string): MessageOfTurn => ({ role: 'user', content: [{ type: 'text', text }] })
const answer = (text: string, calls: string[] = [], model_id = 'model_a'): MessageOfTurn => ({
  role: 'agent', id: 'm', thinking: [], model_id, usage: null,
  content: [...(text ? [{ type: 'text' as const, text }] : []), ...calls.map((id): ToolCallPart => ({ type: 'tool_call', id, name: 'look', arguments: {} }))],
})
const result = (tool_call_id: string, value: string): MessageOfTurn => ({ role: 'tool_result', content: [{ type: 'tool_result', tool_call_id, result: value }] })

/** A prompt in short: what each message says. */
function outline(messages: readonly PromptMessage[] | null): string[] {
  return (messages ?? []).flatMap((message) => message.content.map((part) => {
    if (part.type === 'text') return `${message.role}: ${part.text.slice(0, 8).trim()}`
    return part.type === 'tool_result' ? `${part.tool_call_id}: ${part.result === marker ? 'dropped' : 'kept'}` : part.type === 'tool_call' ? `call ${part.id}` : 'image'
  }))
}

const lookUp = (name: string, size: number): MessageOfTurn[] => [user(`ask ${name}`), answer('', [name]), result(name, words(size)), answer(`so ${name}`)]

describe('a prompt over the window', () => {
  it('loses the oldest tool results first, and keeps their calls and all that was said', async () => {
    const { messages } = await promptOf([lookUp('a', 600), lookUp('b', 400), [user('ask c'), answer('', ['c']), result('c', words(800))]])
    expect(outline(messages)).toEqual(['user: ask a', 'call a', 'a: dropped', 'agent: so a', 'user: ask b', 'call b', 'b: kept', 'agent: so b', 'user: ask c', 'call c', 'c: kept'])
  })

  it('then loses the oldest turns, whole', async () => {
    const talk = (name: string) => [user(`${name} ${words(220)}`), answer(`re ${name} ${words(220)}`)]
    const { messages } = await promptOf([lookUp('z', 100), talk('a'), talk('b'), talk('c'), [user(`d ${words(400)}`)]])
    expect(outline(messages)).toEqual(['user: b word w', 'agent: re b wor', 'user: c word w', 'agent: re c wor', 'user: d word w'])
  })

  it('loses results of the running turn only when nothing else is left, and the newest only when it must', async () => {
    const asking = (name: string, size: number) => [answer('', [name]), result(name, words(size))]
    const running = [user('go on'), ...asking('a', 800), ...asking('b', 300), ...asking('c', 850)]
    expect(outline((await promptOf([lookUp('z', 200), running])).messages)).toEqual(['user: go on', 'call a', 'a: dropped', 'call b', 'b: kept', 'call c', 'c: kept'])
    expect(outline((await promptOf([[...running, ...asking('d', 3_000)]])).messages)).toEqual(['user: go on', 'call a', 'a: dropped', 'call b', 'b: dropped', 'call c', 'c: dropped', 'call d', 'd: dropped'])
  })

  it('keeps a result that is shorter than what would stand in its place', async () => {
    const { messages } = await promptOf([[user('short'), answer('', ['a']), result('a', '42'), answer('ok')], lookUp('b', 1_500), lookUp('c', 900), [user('next')]])
    expect(outline(messages)).toContain('a: kept')
    expect(outline(messages)).toContain('b: dropped')
  })

  it('never loses the running turn’s own message: what does not fit then fits in no way', async () => {
    const { chosen } = await promptOf([lookUp('a', 100), [user(words(3_000))]])
    expect(chosen).toMatchObject({ outcome: 'too_large', tokensMax })
  })

  it('does not fit at all where compaction is off', async () => {
    const history = [lookUp('a', 1_500), lookUp('b', 900), [user('next')]]
    expect((await promptOf(history)).chosen.outcome).toBe('compacted')
    expect((await promptOf(history, { compaction: false })).chosen.outcome).toBe('too_large')
    expect((await promptOf([[user('next')]], { compaction: false })).chosen.outcome).toBe('whole')
  })

  it('is as before for another model: what its calls left out is not known to this one', async () => {
    const past = [user('ask'), answer('', ['a'], 'model_b'), result('a', words(2_500)), answer('so', [], 'model_b')]
    expect((await promptOf([past, [user('next')]])).chosen).toMatchObject({ outcome: 'compacted', before: { turns: 0, results: 0 }, cut: { turns: 0, results: 1 } })
  })
})

/** Histories as turns write them: every call has one result, before the next answer or at the turn's end. */
const anyText = fc.integer({ min: 0, max: 500 }).map((size) => `t ${words(size)}`)
const anyRound = fc.tuple(fc.array(anyText, { minLength: 1, maxLength: 3 }), fc.boolean())
const anyTurn = fc.tuple(anyText, fc.array(anyRound, { maxLength: 4 }), anyText, fc.boolean(), fc.constantFrom('model_a', 'model_b'))
const anyHistory = fc.array(anyTurn, { minLength: 1, maxLength: 8 }).map((turns) =>
  turns.map(([asked, rounds, said, hasAnswer, modelId], turn) => [
    user(asked),
    ...rounds.flatMap(([results, hasSteer], round) => {
      const ids = results.map((_, call) => `${turn}.${round}.${call}`)
      return [answer('', ids, modelId), ...results.map((text, call) => result(ids[call]!, text)), ...(hasSteer ? [user('also')] : [])]
    }),
    // The running turn has no answer yet.
    ...(turn === turns.length - 1 || !hasAnswer ? [] : [answer(said, [], modelId)]),
  ]),
)

function identify(message: PromptMessage | MessageOfTurn): string {
  return JSON.stringify([message.role, ...message.content.map((part) => (part.type === 'tool_result' ? part.tool_call_id : part))])
}

describe('whatever was said before', () => {
  it('a prompt fits or is refused; every call it shows has its one result right behind it, in the order of the session', async () => {
    await fc.assert(fc.asyncProperty(anyHistory, async (history) => {
      const { chosen, messages } = await promptOf(history)
      const whole = estimateShown((await promptOf(history, { context_window: 1_000_000 })).messages!)
      if (!messages) return expect(whole).toBeGreaterThan(tokensMax)
      expect(estimateShown(messages)).toBeLessThanOrEqual(tokensMax)
      expect(chosen.outcome).toBe(whole <= tokensMax ? 'whole' : 'compacted')
      // In order, and what is missing is missing from the beginning: a tail of whole turns, the running one in full.
      const all = history.flat()
      expect(messages.map(identify)).toEqual(all.slice(all.length - messages.length).map(identify))
      expect(history.map((_, turn) => history.slice(turn).flat().length)).toContain(messages.length)
      const open = new Set<string>()
      for (const message of messages) {
        for (const part of message.content) {
          if (part.type === 'tool_call') open.add(part.id)
          if (part.type === 'tool_result') expect(open.delete(part.tool_call_id)).toBe(true)
        }
        if (message.role === 'user') expect([...open]).toEqual([])
      }
      expect([...open]).toEqual([])
    }), { numRuns: 300 })
  })

  it('the same messages give the same prompt, and each prompt of a session leaves out what the one before it did', async () => {
    await fc.assert(fc.asyncProperty(anyHistory, async (history) => {
      const first = await promptOf(history)
      expect(await promptOf(history)).toEqual(first)
      // The calls of the running turn, one after the other.
      const [past, running] = [history.slice(0, -1), history.at(-1)!]
      const calls = running.flatMap((message, index) => (message.role === 'agent' && message.model_id === 'model_a' ? [index] : [])).concat(running.length)
      let before: ChosenCut | null = null
      for (const end of calls) {
        const { chosen } = await promptOf([...past, running.slice(0, end)])
        if (before && before.outcome !== 'too_large' && chosen.outcome !== 'too_large') {
          expect(chosen.cut.turns).toBeGreaterThanOrEqual(before.cut.turns)
          expect(chosen.cut.results).toBeGreaterThanOrEqual(before.cut.results)
          // What the next call is told of the one before is what that one did.
          if (chosen.outcome === 'compacted') expect(chosen.before).toEqual(before.cut)
        }
        before = chosen
      }
    }), { numRuns: 200 })
  })

  it('a long session is compacted now and then, not at every call', async () => {
    const history: MessageOfTurn[][] = []
    let compactions = 0
    for (let turn = 0; turn < 60; turn++) {
      history.push([user(`ask ${turn} ${words(20)}`)])
      const { chosen, messages } = await promptOf(history)
      if (chosen.outcome === 'compacted' && (chosen.cut.turns !== chosen.before.turns || chosen.cut.results !== chosen.before.results)) {
        compactions++
        expect(estimateShown(messages!)).toBeLessThanOrEqual(tokensKept)
      }
      history.at(-1)!.push(answer(`so ${turn} ${words(60)}`))
    }
    expect(compactions).toBeGreaterThan(2)
    expect(compactions).toBeLessThan(16)
  })
})

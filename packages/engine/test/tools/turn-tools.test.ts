import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { listCapabilityTools } from '../../src/tools/capabilities.ts'
import { giveNames } from '../../src/tools/give-names.ts'
import { defineTool } from '../../src/tools/tool.ts'
import { chooseTurnTools, listDefinedSources } from '../../src/tools/turn-tools.ts'

const named = (name: string, requires_approval = false) => defineTool({ name, description: '', input: z.object({}), effects: 'idempotent', requires_approval, run: () => ({ ok: true, result: null }) })
const source = (origin: string, names: string[]) => ({ origin, tools: names.map((name) => ({ name, origin })) })

describe('giveNames', () => {
  it('leaves a name to the first source that has it, and says which tool was left out', () => {
    const { named: given, collisions } = giveNames([source('tools[0]', ['a']), source('b', ['b', 'a'])])
    expect([...given].map(([name, tool]) => `${name} of ${tool.origin}`)).toEqual(['a of tools[0]', 'b of b'])
    expect(collisions).toEqual([{ name: 'a', kept: 'tools[0]', left_out: 'b' }])
  })

  it('never gives two tools one name, whatever the sources have', () => {
    const names = ['a', 'b', 'a_a', 'a_b']
    for (let seed = 0; seed < 4 ** 4; seed += 1) {
      const picked = [0, 1, 2, 3].map((place) => names[Math.floor(seed / 4 ** place) % 4]!)
      const { named: given, collisions } = giveNames([source('one', picked.slice(0, 2)), source('two', picked.slice(2))])
      expect(given.size + collisions.length).toBe(4)
    }
  })
})

describe('the tools of a turn', () => {
  const ask = { type: 'client_side' as const, name: 'ask', description: 'Asks', parameters: { type: 'object' }, requires_approval: true }
  const hook = { type: 'webhook' as const, name: 'hook', description: '', parameters: { type: 'object' }, url: 'https://example.com', effects: 'idempotent' as const, requires_approval: true }
  const capabilities = [
    { ref: 'files', description: '', tools: [named('read'), named('remove', true)] },
    { ref: 'more', description: '', tools: [named('ask'), named('list')] },
  ]
  const choose = (refs: { ref: string; config?: Record<string, unknown> }[]) =>
    chooseTurnTools(listDefinedSources({ tools: [ask, hook], capabilities: refs }, capabilities, (definition) => ({ ...named(definition.name), requires_approval: definition.requires_approval })))

  it('are told to the model once each, and found by who runs them', () => {
    const tools = choose([{ ref: 'files' }, { ref: 'more' }])
    expect(tools.specs.map(({ name }) => name)).toEqual(['hook', 'read', 'remove', 'list', 'ask'])
    expect(Object.keys(tools.specs[0]!)).toEqual(['name', 'description', 'parameters'])
    expect(tools.isCallers('ask')).toBe(true)
    expect(tools.find('ask')).toBeNull()
    expect(tools.isCallers('nobody')).toBe(false)
    expect(tools.findSpec('nobody')).toBeNull()
    expect(tools.collisions).toEqual([{ name: 'ask', kept: 'tools[0]', left_out: 'the capability "more"' }])
  })

  it('need approval when the definition, the tool or the capability’s config says so', () => {
    const tools = choose([{ ref: 'files' }, { ref: 'more', config: { requires_approval: true } }])
    expect(['ask', 'hook', 'read', 'remove', 'list', 'nobody'].filter((name) => tools.needsApproval(name))).toEqual(['ask', 'hook', 'remove', 'list'])
  })

  it('of a capability that is named twice need approval if it is once', () => {
    const [first, again] = listCapabilityTools([{ ref: 'files' }, { ref: 'files', config: { requires_approval: true } }], capabilities)
    expect(first!.tools.map(({ requires_approval }) => requires_approval)).toEqual([true, true])
    expect(again!.tools).toEqual([])
  })
})

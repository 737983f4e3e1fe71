import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { builtInCapabilities, findTools } from '../../src/tools/capabilities.ts'
import { defineTool } from '../../src/tools/tool.ts'

describe('the built-in capabilities', () => {
  it('have refs and tool names that are said once, and names that every vendor accepts', () => {
    const refs = builtInCapabilities.map(({ ref }) => ref)
    const names = builtInCapabilities.flatMap(({ tools }) => tools.map(({ name }) => name))
    expect(new Set(refs).size).toBe(refs.length)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
  })

  it('have tools whose parameters are the JSON Schema of an object', () => {
    for (const { tools } of builtInCapabilities) for (const tool of tools) expect(tool.parameters).toMatchObject({ type: 'object' })
  })
})

describe('findTools', () => {
  it('gives each tool once, in the order of the refs', () => {
    const { tools, unknown_refs } = findTools(['calculator', 'current_time', 'calculator'], builtInCapabilities)
    expect(tools.map(({ name }) => name)).toEqual(['calculator', 'current_time'])
    expect(unknown_refs).toEqual([])
  })

  it('reports every unknown ref once', () => {
    const { tools, unknown_refs } = findTools(['web', 'calculator', 'web', 'toString'], builtInCapabilities)
    expect(tools.map(({ name }) => name)).toEqual(['calculator'])
    expect(unknown_refs).toEqual(['web', 'toString'])
  })

  it('knows the capabilities of an embedding app when it is given them', () => {
    const greet = defineTool({ name: 'greet', description: '', input: z.object({}), effects: 'idempotent', run: () => ({ ok: true, result: 'hi' }) })
    expect(findTools(['greetings'], [...builtInCapabilities, { ref: 'greetings', description: '', tools: [greet] }])).toEqual({ tools: [greet], unknown_refs: [] })
  })
})

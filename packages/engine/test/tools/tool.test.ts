import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../../src/tools/tool.ts'
import { toolContext } from './tool-context.ts'

const input = z.object({
  city: z.string().min(1).describe('Where'),
  days: z.array(z.object({ day: z.int() })).default([]),
})
const forecast = defineTool({
  name: 'forecast',
  description: 'Tells the weather.',
  input,
  effects: 'at_most_once',
  run: (args, { progress, idempotency_key }) => {
    progress('asking')
    return { ok: true, result: { ...args, idempotency_key } }
  },
})

describe('a defined tool', () => {
  it('shows its input as JSON Schema, in which a field with a default is optional', () => {
    expect(forecast).toMatchObject({ name: 'forecast', description: 'Tells the weather.', effects: 'at_most_once' })
    expect(forecast.parameters).toMatchObject({
      type: 'object',
      properties: { city: { type: 'string', minLength: 1, description: 'Where' }, days: { type: 'array' } },
      required: ['city'],
    })
  })

  it('runs with parsed arguments and its context', async () => {
    const said: string[] = []
    const context = toolContext({ progress: (message) => said.push(message) })
    expect(await forecast.run({ city: 'Oslo' }, context)).toEqual({ ok: true, result: { city: 'Oslo', days: [], idempotency_key: 'turn_1:call_1' } })
    expect(said).toEqual(['asking'])
  })

  it.each([
    ['a missing field', {}, /^Invalid arguments: city: /],
    ['a wrong type deep inside', { city: 'Oslo', days: [{ day: 1 }, { day: 'x' }] }, /^Invalid arguments: days\[1\]\.day: /],
    ['several', { city: '', days: 1 }, /^Invalid arguments: city: .*; days: /],
    ['no object', 'Oslo', /^Invalid arguments: .*object/],
    ['nothing', undefined, /^Invalid arguments: .*object/],
    ['a key __proto__', JSON.parse('{"city":"Oslo","__proto__":{}}'), /^Invalid arguments: .*__proto__/],
  ])('answers %s with an error that names the place, and does not run', async (_what, args, error) => {
    const context = toolContext({ progress: () => expect.unreachable('the tool ran') })
    expect(await forecast.run(args, context)).toEqual({ ok: false, error: expect.stringMatching(error) })
  })

  it('lets a fault of the tool through: what it means is for the runner to say', async () => {
    const broken = defineTool({
      name: 'broken',
      description: '',
      input: z.object({}),
      effects: 'idempotent',
      run: () => {
        throw new Error('connection refused')
      },
    })
    await expect(broken.run({}, toolContext())).rejects.toThrow('connection refused')
  })
})

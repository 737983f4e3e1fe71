import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCompute, type Compute } from '../src/index.ts'

let compute: Compute
beforeAll(() => {
  compute = createCompute({ threads: 1, onThreadError: () => {} })
})
afterAll(() => compute.stop())

type Schema = Record<string, unknown>

const search: Schema = {
  type: 'object',
  properties: {
    filters: { type: 'array', maxItems: 3, items: { type: 'object', properties: { value: { type: 'number' }, op: { enum: ['<', '>'] } }, required: ['value'], additionalProperties: false } },
    limit: { type: ['integer', 'null'], minimum: 1 },
    'a/b~c': { const: 7 },
    '0': { type: 'string' },
    email: { type: 'string', format: 'email' },
  },
  required: ['filters'],
}
const pathological: Schema = { type: 'object', properties: { name: { type: 'string', pattern: '^(a+)+$' } } }
const attack = { name: `${'a'.repeat(50)}!` }

describe('checkToolArguments', () => {
  it.each<[string, unknown, string[]]>([
    ['nothing, of what fits', { filters: [{ value: 1 }], limit: null }, []],
    ['a path with its places', { filters: [{ value: 1 }, { value: 'x' }] }, ['filters[1].value must be a number']],
    ['what is missing', {}, ['filters is required']],
    ['what is missing further in', { filters: [{}] }, ['filters[0].value is required']],
    ['what is not known', { filters: [{ value: 1, nope: 1 }] }, ['filters[0].nope is not a known property']],
    ['the choices there are', { filters: [{ value: 1, op: '=' }] }, ['filters[0].op must be one of "<", ">"']],
    ['several types', { filters: [], limit: 'x' }, ['limit must be an integer or null']],
    ['a bound', { filters: [], limit: 0 }, ['limit must be >= 1']],
    ['keys with the letters of a pointer', { filters: [], 'a/b~c': 8 }, ['a/b~c must be 7']],
    ['a key that looks like a place', { filters: [], 0: 1 }, ['0 must be a string']],
    ['a format', { filters: [], email: 'nobody' }, ['email must match format "email"']],
    ['a list that is too long', { filters: [{ value: 1 }, { value: 1 }, { value: 1 }, { value: 1 }] }, ['filters must not have more than 3 items']],
    ['that they are no object', [], ['the arguments must be an object']],
    ['several faults, and not all of many', { filters: Array.from({ length: 20 }, () => ({})) }, ['filters must not have more than 3 items', ...[0, 1, 2, 3, 4].map((index) => `filters[${index}].value is required`)]],
  ])('says %s', async (_what, args, faults) => {
    expect(await compute.checkToolArguments(search, args)).toEqual({ ok: true, value: faults })
  })

  it('changes nothing, and takes no text for a number', async () => {
    const args = { n: '1' }
    expect(await compute.checkToolArguments({ properties: { n: { type: 'number' }, m: { default: 1 } } }, args)).toEqual({ ok: true, value: ['n must be a number'] })
    expect(args).toEqual({ n: '1' })
  })

  it('knows both drafts', async () => {
    const tuple = { properties: { pair: { type: 'array', items: [{ type: 'string' }] } } }
    const prefix = { properties: { pair: { type: 'array', prefixItems: [{ type: 'string' }] } } }
    for (const schema of [tuple, { $schema: 'http://json-schema.org/draft-07/schema#', ...tuple }, prefix, { $schema: 'https://json-schema.org/draft/2020-12/schema', ...prefix }]) {
      expect(await compute.checkToolArguments(schema, { pair: [1] })).toEqual({ ok: true, value: ['pair[0] must be a string'] })
    }
  })

  it('is not fooled by schemas that have the same id', async () => {
    const make = (type: string) => ({ $id: 'https://example.com/same', properties: { a: { type } } })
    expect(await compute.checkToolArguments(make('string'), { a: 1 })).toMatchObject({ value: ['a must be a string'] })
    expect(await compute.checkToolArguments(make('number'), { a: 1 })).toMatchObject({ value: [] })
  })

  it('runs none of a schema’s own text', async () => {
    const evil = `"]; process.exit(3); //'\`\${process.exit(3)}\\u2028`
    const schema = { properties: { [evil]: { type: 'string', description: evil, enum: [evil], pattern: 'x', format: evil } }, required: [evil], $comment: evil, patternProperties: { 'a"]|b': { const: evil } } }
    expect(await compute.checkToolArguments(schema, { [evil]: 1, 'a"]': 1 })).toMatchObject({ ok: true })
    expect(await compute.checkToolArguments(search, {})).toMatchObject({ ok: true })
  })

  it('gives a schema that cannot be used a refusal, and goes on', async () => {
    const endless = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }
    // It fills the stack, or on a busy machine its time.
    expect(await compute.checkToolArguments(endless, {})).toMatchObject({ ok: false, refusal: { message: expect.stringMatching(/refers to itself|took longer/) } })
    expect(await compute.checkToolArguments({ properties: { a: { $ref: 'https://example.com/' } } }, {})).toMatchObject({ ok: false, refusal: { message: expect.stringContaining('not fetched') } })
    expect(await compute.checkToolArguments({ description: 'x'.repeat(70_000) }, {})).toMatchObject({ ok: false, refusal: { message: expect.stringContaining('larger than') } })
    expect(await compute.checkToolArguments({}, { a: 'x'.repeat(1_100_000) })).toEqual({ ok: true, value: ['they are larger than 1048576 bytes'] })
  })

  it('ends a pathological pattern in bounded time without holding up this thread, and does not try it again at once', async () => {
    expect(await compute.checkToolArguments(pathological, { name: 'aaa' })).toEqual({ ok: true, value: [] })
    const turns = countTurns()
    const slow = await compute.checkToolArguments(pathological, attack)
    expect(slow).toEqual({ ok: false, refusal: { code: 'task_failed', message: 'the tool’s schema took longer than 1 seconds' } })
    expect(turns.stop()).toBeGreaterThan(10)
    const startedAt = performance.now()
    expect(await compute.checkToolArguments({ ...pathological }, { name: 'aaa' })).toMatchObject({ ok: false, refusal: { message: expect.stringContaining('a moment ago') } })
    expect(performance.now() - startedAt).toBeLessThan(500)
    expect(await compute.checkToolArguments(search, {})).toMatchObject({ ok: true })
  })
})

describe('checkToolSchema', () => {
  it('finds a schema that would take for ever to compile, or more memory than a thread has', async () => {
    // Every level refers to the one below twice: no text of it is long, and all of it is.
    const $defs = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`d${index}`, { anyOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] }]))
    const checked = await compute.checkToolSchema({ $ref: '#/$defs/d0', $defs: { ...$defs, d400: {} } })
    // Either is an answer; that there is one, and another schema after it, is what counts.
    expect(checked.ok || checked.refusal.code === 'invalid_request').toBe(true)
    expect(await compute.checkToolSchema(search)).toEqual({ ok: true, value: null })
  })

  it('says what is wrong where', async () => {
    expect(await compute.checkToolSchema({ properties: { a: { minimum: 'one' } } })).toEqual({
      ok: false,
      refusal: { code: 'invalid_request', message: 'is no valid JSON Schema: properties.a.minimum must be a number' },
    })
  })
})

/** Counts how often this thread's event loop comes round. */
function countTurns(): { stop(): number } {
  let turns = 0
  const timer = setInterval(() => {
    turns += 1
  }, 5)
  return {
    stop() {
      clearInterval(timer)
      return turns
    },
  }
}

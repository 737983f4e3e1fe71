import { expect, test } from 'vitest'
import { describeIdProblem, idPrefixes, ids, newId, parseValue, type IdKind } from '../src/index.ts'

const kinds = Object.keys(idPrefixes) as IdKind[]

test('a new id of every kind is a UUIDv7 that its own schema takes, and no other', () => {
  for (const kind of kinds) {
    const id = newId(kind)
    expect(id).toMatch(new RegExp(`^${idPrefixes[kind]}_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$`))
    expect(kinds.filter((other) => ids[other].safeParse(id).success)).toEqual([kind])
  }
})

test('ids do not repeat, however fast they are made', () => {
  expect(new Set(Array.from({ length: 50_000 }, () => newId('message'))).size).toBe(50_000)
})

test('any 32 lowercase hex digits are a valid form', () => {
  for (const digits of ['0'.repeat(32), 'f'.repeat(32), '01933b5a000070008000000000000001']) expect(ids.turn.parse(`turn_${digits}`)).toBe(`turn_${digits}`)
})

test('session_ is understood for sess_, and becomes it', () => {
  expect(ids.session.parse(`session_${'a'.repeat(32)}`)).toBe(`sess_${'a'.repeat(32)}`)
})

test.for([
  ['model_01933b5a0000700080000000000001', 'got 30 characters after model_'],
  [`model_${'a'.repeat(31)}`, 'got 31 characters after model_'],
  [`model_${'A'.repeat(32)}`, 'got "model_AAAA'],
  [`agent_${'a'.repeat(32)}`, 'expected model_ followed by 32 lowercase hex digits, got "agent_'],
  ["model_' OR 1=1 --", 'got 11 characters after model_'],
  ['../../etc/passwd', 'got "../../etc/passwd"'],
  ['', 'got ""'],
] as const)('%s is refused with words that make the fault obvious', ([id, words]) => {
  expect(describeIdProblem('model', id)).toContain(words)
  expect(parseValue(ids.model, id)).toMatchObject({ ok: false, refusal: { code: 'invalid_id', message: expect.stringContaining('Invalid ID format') } })
})

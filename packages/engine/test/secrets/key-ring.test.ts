import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { KeyRing, SealBroken } from '../../src/secrets/key-ring.ts'

const keys = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
const [first, second, third] = keys as [Uint8Array, Uint8Array, Uint8Array]
const row = ['provider api key', 'org_1', 'provider_1']
const secret = 'sk-hunter2-ü'

test('what is sealed opens for what it belongs to, and two seals of one secret have nothing in common', () => {
  const ring = new KeyRing([first])
  const envelopes = [ring.seal(secret, row), ring.seal(secret, row)]
  for (const envelope of envelopes) {
    expect(ring.open(envelope, row)).toBe(secret)
    expect(Buffer.from(envelope).toString('latin1')).not.toContain('hunter2')
  }
  expect(Buffer.from(envelopes[0]!).subarray(5)).not.toEqual(Buffer.from(envelopes[1]!).subarray(5))
})

test('an envelope with any bit changed, cut off or added to does not open', () => {
  const ring = new KeyRing([first])
  const envelope = ring.seal(secret, row)
  for (let index = 0; index < envelope.length; index++) {
    const changed = Uint8Array.from(envelope)
    changed[index]! ^= 1
    expect(() => ring.open(changed, row), `byte ${index}`).toThrow(SealBroken)
    expect(() => ring.open(envelope.subarray(0, index), row), `${index} bytes`).toThrow(SealBroken)
  }
  expect(() => ring.open(Buffer.concat([envelope, Buffer.of(0)]), row)).toThrow(SealBroken)
})

test('an envelope that is moved to another row, organization or use does not open there', () => {
  const ring = new KeyRing([first])
  const envelope = ring.seal(secret, row)
  for (const other of [['provider api key', 'org_1', 'provider_2'], ['provider api key', 'org_2', 'provider_1'], ['webhook secret', 'org_1', 'provider_1'], ['provider api key', 'org_1provider_1'], []]) {
    expect(() => ring.open(envelope, other), String(other)).toThrow(/belongs to something else/)
  }
})

test('keys are changed one after the other: the new one seals, the old one opens what it sealed', () => {
  const old = new KeyRing([first]).seal(secret, row)
  const ring = new KeyRing([second, first])
  expect(ring.open(old, row)).toBe(secret)
  expect(ring.isCurrent(old)).toBe(false)
  const renewed = ring.seal(ring.open(old, row), row)
  expect(ring.isCurrent(renewed)).toBe(true)
  expect(new KeyRing([second]).open(renewed, row)).toBe(secret)
  expect(() => new KeyRing([third]).open(renewed, row)).toThrow(/a key that this server does not have/)
})

test('without a key nothing is sealed; a key of another length is none', () => {
  const ring = new KeyRing([])
  expect(ring.canSeal).toBe(false)
  expect(() => ring.seal(secret, row)).toThrow(SealBroken)
  expect(() => new KeyRing([new Uint8Array(31)])).toThrow('32 bytes')
})

test('neither a print of the ring nor an error tells a key or a secret', () => {
  const key = new Uint8Array(Buffer.from('k'.repeat(32)))
  const ring = new KeyRing([key])
  const told = [inspect(ring, { showHidden: true, depth: 10 }), JSON.stringify(ring)]
  try {
    ring.open(ring.seal(secret, row), ['elsewhere'])
  } catch (error) {
    told.push(inspect(error, { showHidden: true, depth: 10 }))
  }
  expect(told).toHaveLength(3)
  for (const text of told) expect(text).not.toMatch(/hunter2|kkkk|6b6b6b|107, 107/)
})

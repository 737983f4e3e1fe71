import { newId } from '@reprise/contract'
import { expect, test } from 'vitest'
import fc from 'fast-check'
import { makeEventId, readEventSequence } from '../src/event-id.ts'

const sequences = fc.integer({ min: 1, max: 2 ** 40 - 1 })
const times = fc.integer({ min: 0, max: 2 ** 48 - 6 })

test('an event id is a UUIDv7 on the wire', () => {
  fc.assert(
    fc.property(sequences, times, (sequence, eventMs) => {
      expect(makeEventId(newId('session'), sequence, eventMs)).toMatch(/^event_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
    }),
  )
})

test('any id of a session gives its sequence without a look-up', () => {
  fc.assert(
    fc.property(sequences, times, (sequence, eventMs) => {
      const sessionId = newId('session')
      expect(readEventSequence(sessionId, makeEventId(sessionId, sequence, eventMs))).toBe(sequence)
    }),
  )
})

test('the id of another session is seen to be foreign', () => {
  const foreign = Array.from({ length: 1000 }, () => readEventSequence(newId('session'), makeEventId(newId('session'), 7, Date.now())))
  expect(foreign.filter((sequence) => sequence !== null)).toEqual([])
})

test('ids of a session sort as their sequences do, also within one millisecond', () => {
  fc.assert(
    fc.property(sequences, times, fc.integer({ min: 0, max: 5 }), (sequence, eventMs, laterMs) => {
      fc.pre(sequence < 2 ** 40 - 1)
      const sessionId = newId('session')
      expect(makeEventId(sessionId, sequence, eventMs) < makeEventId(sessionId, sequence + 1, eventMs + laterMs)).toBe(true)
    }),
  )
})

test('an id that was made up is foreign, whatever its digits', () => {
  const sessionId = newId('session')
  for (const made of [`event_${'0'.repeat(32)}`, `event_${'f'.repeat(32)}`, newId('event')]) expect(readEventSequence(sessionId, made)).toBeNull()
})

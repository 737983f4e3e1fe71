import { describe, expect, test } from 'vitest'
import { findLatestFire, findNextFire } from '../../src/schedules/fire-times.ts'

const crons = ['30 2 * * *', '0 2 * * *', '30 1 * * *', '0 * * * *', '*/20 * * * *', '0 3 * * *', '15 2 * * 0', '0 0 * * *', '*/7 1-3 * * *']
/** Each with the days before its clocks change, Lord Howe's by half an hour. */
const changes = [
  ['America/New_York', '2026-03-06T12:00:00Z'],
  ['America/New_York', '2026-10-30T12:00:00Z'],
  ['Europe/Berlin', '2026-03-27T12:00:00Z'],
  ['Europe/Berlin', '2026-10-23T12:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-03T00:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-02T00:00:00Z'],
  ['America/Santiago', '2026-04-03T00:00:00Z'],
  ['America/Santiago', '2026-09-04T00:00:00Z'],
  ['UTC', '2026-03-27T12:00:00Z'],
] as const
const dayMs = 24 * 60 * 60 * 1000

describe.each(changes)('in %s from %s', (timezone, from) => {
  test.each(crons)('%s: what is next is the latest when it is due, and late', (cron) => {
    const times = { cron, timezone, at: null }
    const until = new Date(from).getTime() + 3 * dayMs
    let due = findNextFire(times, new Date(from))!
    while (due.getTime() < until) {
      const next = findNextFire(times, due)!
      expect(next.getTime()).toBeGreaterThan(due.getTime())
      for (const late of [0, 1, next.getTime() - due.getTime() - 1]) expect(findLatestFire(times, due, new Date(due.getTime() + late))).toEqual(due)
      due = next
    }
  })
})

test('a fire in the hour that is left out comes an hour later', () => {
  expect(findNextFire({ cron: '30 2 * * *', timezone: 'Europe/Berlin', at: null }, new Date('2026-03-28T12:00:00Z'))).toEqual(new Date('2026-03-29T01:30:00Z'))
})

test('by a wall clock that goes by half an hour: nothing is left out, nothing comes twice', () => {
  const fires = (cron: string, after: string, count: number) => {
    const found: string[] = []
    let at = new Date(after)
    while (found.length < count) found.push((at = findNextFire({ cron, timezone: 'Australia/Lord_Howe', at: null }, at)!).toISOString())
    return found
  }
  // Back at 02:00 (+11:00) to 01:30 (+10:30).
  expect(fires('0 2 * * *', '2026-04-04T10:00:00Z', 2)).toEqual(['2026-04-04T15:30:00.000Z', '2026-04-05T15:30:00.000Z'])
  expect(fires('45 1 * * *', '2026-04-04T10:00:00Z', 2)).toEqual(['2026-04-04T14:45:00.000Z', '2026-04-05T15:15:00.000Z'])
  // Forward at 02:00 (+10:30) to 02:30 (+11:00).
  expect(fires('15 2 * * *', '2026-10-03T10:00:00Z', 2)).toEqual(['2026-10-03T15:45:00.000Z', '2026-10-04T15:15:00.000Z'])
})

test('after a long time nobody fired, the latest is found with few looks', () => {
  const from = new Date('2025-01-01T00:00:00Z')
  const latest = (cron: string, moment: string) => findLatestFire({ cron, timezone: 'UTC', at: null }, from, new Date(moment)).toISOString()
  const startedAt = performance.now()
  expect(latest('* * * * *', '2026-11-26T03:00:30Z')).toBe('2026-11-26T03:00:00.000Z')
  expect(latest('* 3 * * *', '2026-11-26T02:00:30Z')).toBe('2026-11-25T03:59:00.000Z')
  expect(latest('0 0 1 * *', '2026-11-26T03:00:30Z')).toBe('2026-11-01T00:00:00.000Z')
  expect(latest('0 0 1 1 *', '2026-11-26T03:00:30Z')).toBe('2026-01-01T00:00:00.000Z')
  expect(latest('0 0 29 2 *', '2026-11-26T03:00:30Z')).toBe(from.toISOString())
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('one that fires once fires for its own time, however late', () => {
  const at = '2026-11-26T03:00:00.000Z'
  expect(findLatestFire({ cron: null, timezone: 'UTC', at }, new Date(at), new Date('2026-11-27T03:00:00Z'))).toEqual(new Date(at))
})

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { currentTime } from '../../src/tools/current-time.ts'
import { toolContext } from './tool-context.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2024-02-29T23:30:15.999Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

it.each([
  [{}, { time: '2024-02-29T23:30:15Z', timezone: 'UTC', weekday: 'Thursday' }],
  [{ timezone: 'Europe/Berlin' }, { time: '2024-03-01T00:30:15+01:00', timezone: 'Europe/Berlin', weekday: 'Friday' }],
  [{ timezone: 'America/St_Johns' }, { time: '2024-02-29T20:00:15-03:30', timezone: 'America/St_Johns', weekday: 'Thursday' }],
  [{ timezone: 'Asia/Kathmandu' }, { time: '2024-03-01T05:15:15+05:45', timezone: 'Asia/Kathmandu', weekday: 'Friday' }],
  [{ timezone: 'Europe/London' }, { time: '2024-02-29T23:30:15Z', timezone: 'Europe/London', weekday: 'Thursday' }],
])('%j is answered with the time, the zone and the weekday there', async (args, result) => {
  expect(await currentTime.run(args, toolContext())).toEqual({ ok: true, result })
})

it('summer time is seen', async () => {
  vi.setSystemTime(new Date('2024-07-01T12:00:00Z'))
  expect(await currentTime.run({ timezone: 'Europe/Berlin' }, toolContext())).toMatchObject({ result: { time: '2024-07-01T14:00:00+02:00' } })
})

it.each(['Mars/Olympus', '', 'Europe/Berlin; DROP', '../etc'])('the unknown zone %j is a clear error', async (timezone) => {
  const outcome = await currentTime.run({ timezone }, toolContext())
  expect(outcome).toEqual({ ok: false, error: `timezone: ${JSON.stringify(timezone)} is not an IANA time zone name; try one like Europe/Berlin or UTC` })
})

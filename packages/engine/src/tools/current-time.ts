import { z } from 'zod'
import { defineTool } from './tool.ts'

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

export const currentTime = defineTool({
  name: 'current_time',
  description: 'Tells the current date and time, with the weekday.',
  input: z.object({
    timezone: z.string().default('UTC').describe('IANA time zone name, such as Europe/Berlin; UTC when absent'),
  }),
  effects: 'idempotent',
  run({ timezone }) {
    const now = Date.now()
    const offset = findUtcOffset(timezone, now)
    if (offset === null) return { ok: false, error: `timezone: ${JSON.stringify(timezone)} is not an IANA time zone name; try one like Europe/Berlin or UTC` }
    // A date moved by the offset shows the zone's clock in its UTC fields.
    const local = new Date(now + offset.minutes * 60_000)
    return { ok: true, result: { time: `${local.toISOString().slice(0, 19)}${offset.text}`, timezone, weekday: weekdays[local.getUTCDay()] } }
  },
})

interface UtcOffset {
  minutes: number
  /** As RFC 3339 writes it. */
  text: string
}

/** What a zone's clock shows at that instant over UTC, or null for a zone that does not exist. */
function findUtcOffset(timezone: string, now: number): UtcOffset | null {
  // The usual question, and the only one that costs no formatter.
  if (timezone === 'UTC') return { minutes: 0, text: 'Z' }
  const formatter = createOffsetFormatter(timezone)
  if (formatter === null) return null
  // `GMT+05:45`; at no offset `GMT` or `GMT+00:00`, whichever this ICU writes.
  const name = formatter.formatToParts(now).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const text = name.slice('GMT'.length)
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6))
  if (minutes === 0) return { minutes, text: 'Z' }
  return { minutes: text.startsWith('-') ? -minutes : minutes, text }
}

function createOffsetFormatter(timezone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' })
  } catch {
    return null
  }
}

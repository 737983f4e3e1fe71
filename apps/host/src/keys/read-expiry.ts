import { StartError } from '../start-error.ts'

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const expiryMax = Date.parse('9999-12-31T00:00:00Z')

/** When a key is to end: a time from now such as `30d`, or a date. */
export function readExpiry(text: string, now: number = Date.now()): string {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  const at = count === '' ? readDate(text) : now + Number(count) * unitMs[unit]!
  if (!(at > now && at < expiryMax)) throw new StartError(`--expires must be a time from now, such as 90m, 12h, 30d or 8w, or a date that is to come, such as 2027-01-31; it is ${JSON.stringify(text)}.`)
  return new Date(at).toISOString()
}

function readDate(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : NaN
  // A day that is none, such as the 30th of February, becomes another one.
  return Number.isNaN(at) || (text.length === 10 && new Date(at).toISOString().slice(0, 10) !== text) ? NaN : at
}

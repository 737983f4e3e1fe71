import { CronExpressionParser } from 'cron-parser'

/** When a schedule fires: by `cron` in its zone, or once. */
export interface FireTimes {
  cron: string | null
  timezone: string
  at: string | null
}

/** Numbers, names, lists, ranges and steps, */
const cronWord = /^[\dA-Z*?,/#-]+$/i
/** but no `H` by itself, which means another time each time it is read. */
const anyTime = /(^|[^A-Z])H([^A-Z]|$)/i

/** What is wrong with a cron expression; null when it is one that fires. */
export function describeCronProblem(cron: string): string | null {
  const words = cron.trim().split(/\s+/)
  if (words.length !== 5 || !words.every((word) => cronWord.test(word) && !anyTime.test(word))) return 'must be five fields: minute, hour, day of the month, month, day of the week'
  try {
    nextOf(cron, 'UTC', new Date())
    return null
  } catch (error) {
    return `cannot be read as a cron expression: ${error instanceof Error ? error.message : String(error)}`
  }
}

export function describeTimezoneProblem(timezone: string): string | null {
  try {
    nextOf('* * * * *', timezone, new Date())
    return null
  } catch {
    return `there is no time zone ${JSON.stringify(timezone)}`
  }
}

/** The first time after a moment; null when there is none. */
export function findNextFire({ cron, timezone, at }: FireTimes, after: Date): Date | null {
  if (cron !== null) return nextOf(cron, timezone, after)
  return at !== null && new Date(at) > after ? new Date(at) : null
}

/**
 * The last time up to a moment, of those from `due` on, which is one: of those that were missed, the one that is made up
 * for. Found by looking forward, as `due` was: looking back, the parser passes over what a change of the clocks has moved.
 */
export function findLatestFire({ cron, timezone }: FireTimes, due: Date, moment: Date): Date {
  if (cron === null) return due
  const begin = lookBackMs.map((ms) => new Date(moment.getTime() - ms)).find((date) => date > due && nextOf(cron, timezone, date) <= moment)
  let latest = begin ? nextOf(cron, timezone, begin) : due
  for (let next = nextOf(cron, timezone, latest); next <= moment; next = nextOf(cron, timezone, latest)) latest = next
  return latest
}

const hourMs = 3_600_000
/** However long nobody fired, and however often it fires, few times are looked at. A day has up to 25 hours. */
const lookBackMs = [3 * hourMs, 27 * hourMs, 32 * 24 * hourMs, 367 * 24 * hourMs]

function nextOf(cron: string, timezone: string, after: Date): Date {
  // The parser stays in the night for ever in which clocks go back by half an hour.
  if (shiftsByParts(timezone, after)) return nextOnTheClock(cron, timezone, after)
  return CronExpressionParser.parse(cron, { tz: timezone, currentDate: after }).next().toDate()
}

/** Whether a zone's clocks go forward and back by something else than hours. */
function shiftsByParts(timezone: string, near: Date): boolean {
  const [winter, summer] = [0, 6].map((month) => offsetMs(timezone, new Date(Date.UTC(near.getUTCFullYear(), month))))
  return (winter! - summer!) % hourMs !== 0
}

/** By the wall clock alone. What it shows twice is the first time, as long as that is still to come; what it leaves out is later. */
function nextOnTheClock(cron: string, timezone: string, after: Date): Date {
  const times = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(after.getTime() + offsetMs(timezone, after)) })
  for (;;) {
    const shown = times.next().getTime()
    const before = offsetMs(timezone, new Date(shown - 24 * hourMs))
    const afterwards = offsetMs(timezone, new Date(shown + 24 * hourMs))
    const candidates = [shown - before, shown - afterwards].filter((ms) => ms > after.getTime())
    // Shown by neither: left out. Then the clock of before says when it would have been.
    const isShown = (ms: number) => ms + offsetMs(timezone, new Date(ms)) === shown
    const found = candidates.filter(isShown).sort((a, b) => a - b)[0] ?? (shown - before > after.getTime() ? shown - before : undefined)
    if (found !== undefined) return new Date(found)
  }
}

/** By how much a zone's clocks are ahead of UTC. */
function offsetMs(timezone: string, at: Date): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' }).formatToParts(at).find((part) => part.type === 'timeZoneName')!.value
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? ['', '+', '0', '0']
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

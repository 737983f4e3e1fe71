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

/** The last time up to a moment: of those that were missed, the one that is made up for. */
export function findLatestFire({ cron, timezone, at }: FireTimes, moment: Date): Date | null {
  // The parser looks before a moment, and at whole seconds.
  if (cron !== null) return CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(moment.getTime() + 1) }).prev().toDate()
  return at !== null && new Date(at) <= moment ? new Date(at) : null
}

function nextOf(cron: string, timezone: string, after: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timezone, currentDate: after }).next().toDate()
}

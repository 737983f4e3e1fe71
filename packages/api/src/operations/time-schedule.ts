import { describeCronProblem, describeTimezoneProblem, findNextFire, type FireTimes } from '@reprise/engine'
import { fieldError } from '../errors/to-app-error.ts'

/** When a schedule fires next; null for one that is not enabled. Refuses times that cannot be. */
export function timeSchedule(times: FireTimes, enabled: boolean): string | null {
  const { cron, timezone, at } = times
  const zoneProblem = describeTimezoneProblem(timezone)
  if (zoneProblem) throw fieldError('invalid_request', 'timezone', zoneProblem)
  const cronProblem = cron === null ? null : describeCronProblem(cron)
  if (cronProblem) throw fieldError('invalid_request', 'cron', cronProblem)
  if (!enabled) return null
  const next = findNextFire(times, new Date())
  if (next) return next.toISOString()
  throw at === null ? fieldError('invalid_request', 'cron', 'there is no such time') : fieldError('invalid_request', 'at', `lies in the past: ${at}`)
}

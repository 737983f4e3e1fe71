import { Text } from '@mantine/core'
import { useNow } from './use-now.ts'

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

/** How long ago, kept current; the exact time is its title. `at`: RFC 3339. */
export function Time({ at }: { at: string }) {
  const now = useNow()
  return <Text span inherit component="time" dateTime={at} title={absolute.format(new Date(at))}>{describeAge(Date.parse(at) - now)}</Text>
}

/** `differenceMs`: below zero for what is past. */
function describeAge(differenceMs: number): string {
  for (const [unit, ms] of units) if (Math.abs(differenceMs) >= ms) return relative.format(Math.trunc(differenceMs / ms), unit)
  return differenceMs < -5_000 ? relative.format(Math.trunc(differenceMs / 1_000), 'second') : 'now'
}

/**
 * A server process of the crash test: the host as it is, forked so that it can be killed, with an ear for where it is
 * to die by its own hand.
 */
import { onCrashPoint, type CrashPoint } from '@reprise/store'
import type { Config } from '../config.ts'
import { createLog } from '../log.ts'
import { startHost } from '../start-host.ts'

/** `crash_at`: dies when it reaches the point for the nth time from now on; null: at none. */
export type ToProcess = { start: Config } | { crash_at: { point: CrashPoint; nth: number } | null } | 'count_points'
/** How often each point was reached since the process started. */
export type FromProcess = { address: string } | { points: PointCounts }
export type PointCounts = Partial<Record<CrashPoint, number>>

const points: PointCounts = {}
let crash: { point: CrashPoint; left: number } | null = null

onCrashPoint((point) => {
  points[point] = (points[point] ?? 0) + 1
  if (crash?.point !== point) return
  crash.left -= 1
  // Nothing runs after this line: no handler, no flush, not even what the caller of the point does next.
  if (crash.left === 0) process.kill(process.pid, 'SIGKILL')
})

process.on('message', (message: ToProcess) => {
  if (message === 'count_points') send({ points })
  else if ('start' in message) void start(message.start)
  else crash = message.crash_at && { point: message.crash_at.point, left: message.crash_at.nth }
})
// The test is gone: so is the reason to run.
process.on('disconnect', () => process.exit(1))

async function start(config: Config): Promise<void> {
  const { address } = await startHost(config, createLog(config, false))
  send({ address })
}

function send(message: FromProcess): void {
  process.send!(message) // it is always forked
}

/**
 * The places where a crash hurts most, by name. `reprise crashtest` kills a process at each of them in turn; everywhere
 * else reaching one does nothing.
 */
export const crashPoints = [
  'accept.before_commit',
  'accept.after_commit',
  'checkpoint.before_commit',
  'checkpoint.after_commit',
  'turn.claimed',
  'model.before_call',
  'model.mid_stream',
  'model.answered',
  'model.before_retry',
  'tool.before_effect',
  'tool.after_effect',
  'tool.before_retry',
  'turn.before_park',
  'turn.after_park',
  'turn.answered_by_caller',
  'turn.steered',
  'turn.before_cancel',
  'turn.before_end',
  'turn.after_end',
] as const
export type CrashPoint = (typeof crashPoints)[number]

let listener: ((point: CrashPoint) => void) | null = null

/** Says what happens when a crash point is reached; null for nothing. One per process, for a crash takes it all. */
export function onCrashPoint(reached: ((point: CrashPoint) => void) | null): void {
  listener = reached
}

export function reachCrashPoint(point: CrashPoint): void {
  listener?.(point)
}

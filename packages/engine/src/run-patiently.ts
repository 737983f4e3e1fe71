import type { TaskResult } from '@reprise/compute'
import { pause } from './turn/pause.ts'

/** While all threads are busy, a turn waits for its task's turn: so long, and so often. */
const busyMs = 200
const busyTimesMax = 50

/** Runs a task of the compute threads; `overloaded` only when they stay busy. */
export async function runPatiently<T>(task: () => Promise<TaskResult<T>>, signal: AbortSignal): Promise<TaskResult<T>> {
  for (let times = 1; ; times++) {
    const result = await task()
    if (result.ok || result.refusal.code !== 'overloaded' || times === busyTimesMax) return result
    await pause(busyMs, signal)
  }
}

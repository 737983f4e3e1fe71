import type { Compute } from '@reprise/compute'
import { AppError } from '@reprise/contract'
import type { ToolOutcome } from './tool.ts'
import { pause } from '../turn/pause.ts'

/** While all threads are busy, an outcome that is there already waits for its turn: so long, and so often. */
const busyMs = 200
const busyTimesMax = 50

const neverAborted = new AbortController().signal

/**
 * Makes of what a tool or a caller answered what is stored and shown to the model: storable, and of a bounded size.
 * Throws `overloaded` when the threads stay busy, for then nothing is to be stored.
 */
export async function processToolOutcome(compute: Compute, outcome: ToolOutcome, signal: AbortSignal = neverAborted): Promise<{ result: unknown; error?: undefined } | { error: string }> {
  const said = outcome.ok ? outcome.result : outcome.error
  for (let times = 1; ; times++) {
    const processed = await compute.processToolResult(said, { signal })
    if (processed.ok) return outcome.ok ? { result: processed.value.value } : { error: String(processed.value.value) }
    if (processed.refusal.code !== 'overloaded') return { error: `The tool's result could not be processed: ${processed.refusal.message}` }
    if (times === busyTimesMax) throw new AppError('overloaded', { retryAfterSeconds: 1 })
    await pause(busyMs, signal)
  }
}

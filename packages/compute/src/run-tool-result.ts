import type { Parsed } from '@reprise/contract'
import { limits } from '@reprise/contract'
import { findResultImages } from './find-result-images.ts'
import { isMeasuredWithin } from './measure-value.ts'
import type { ProcessedToolResult, ToolResultSettings } from './process-tool-result.ts'
import { finishToolResult } from './process-tool-result.ts'
import type { TaskQueue } from './task-queue.ts'
import type { ThreadPool } from './thread-pool.ts'
import { toJsonValue } from './to-json-value.ts'
import { writeJson } from './write-json.ts'

/** Up to this the main thread is quicker than the way to another thread and back. */
const hereBounds = { valuesMax: 2_000, charactersMax: 16 * 1024 }

/**
 * Processes whatever a tool in this process returned. What is not small goes to a thread as JSON, and is read there as
 * if it had come over a wire. Of these only so many are on their way as the queue lets in: each may be 64 MB.
 */
export async function runToolResult(pool: ThreadPool, large: TaskQueue, given: unknown, settings: ToolResultSettings, signal: AbortSignal): Promise<Parsed<ProcessedToolResult>> {
  if (isMeasuredWithin(given, hereBounds)) {
    const value = toJsonValue(given)
    // Images are never decoded here, however small.
    const hasImages = !findResultImages({ value }).next().done
    if (!hasImages) return { ok: true, value: finishToolResult(value, [], settings) }
    return await pool.run('processToolResult', { value, settings }, { transfer: [], signal })
  }
  await large.enter(signal)
  try {
    const pieces = await writeJson(given, limits.toolResultBytesMax)
    if (!pieces) return refuseHugeResult()
    return await pool.run('readToolAnswer', { answer: { pieces, form: 'json', is_wrapped: false }, settings }, { transfer: pieces, signal })
  } finally {
    large.leave()
  }
}

export function refuseHugeResult(): Parsed<never> {
  return { ok: false, refusal: { code: 'body_too_large', message: `it is larger than ${limits.toolResultBytesMax / 1024 / 1024} MiB` } }
}

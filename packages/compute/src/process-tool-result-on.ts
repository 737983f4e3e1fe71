import type { Parsed } from '@reprise/contract'
import { limits } from '@reprise/contract'
import { detachTexts } from './detach-texts.ts'
import { findResultImages } from './find-result-images.ts'
import { placeToolResult } from './place-tool-result.ts'
import type { ProcessedToolResult, ToolResultSettings } from './process-tool-result.ts'
import { finishToolResult } from './process-tool-result.ts'
import type { ThreadPool } from './thread-pool.ts'
import { toJsonValue } from './to-json-value.ts'

/** Processes whatever a tool in this process returned: here if it is small, and otherwise on a thread. */
export async function processToolResultOn(pool: ThreadPool, given: unknown, settings: ToolResultSettings, signal: AbortSignal | undefined): Promise<Parsed<ProcessedToolResult>> {
  switch (placeToolResult(given)) {
    case 'here': {
      const value = toJsonValue(given)
      // Images are never decoded here, however small.
      const hasImages = !findResultImages({ value }).next().done
      if (!hasImages) return { ok: true, value: finishToolResult(value, [], settings) }
      return await pool.run('processToolResult', { value, texts: null, settings }, { transfer: [], signal })
    }
    case 'texts': {
      const detached = await detachTexts(toJsonValue(given), limits.toolResultBytesMax)
      if (!detached) return refuseHugeResult()
      return await pool.run('processToolResult', { ...detached, settings }, { transfer: detached.texts.pieces, signal })
    }
    case 'values':
      try {
        return await pool.run('processToolResult', { value: given, texts: null, settings }, { transfer: [], signal })
      } catch (error) {
        // It holds a function, say: only a tool in this process can return such a thing.
        if (!(error instanceof DOMException && error.name === 'DataCloneError')) throw error
        return await pool.run('processToolResult', { value: toJsonValue(given), texts: null, settings }, { transfer: [], signal })
      }
    case 'as_json':
      // As JSON it is neither too deep nor unreadable, so it does not come here again.
      return await processToolResultOn(pool, toJsonValue(given), settings, signal)
    case 'too_large':
      return refuseHugeResult()
  }
}

export function refuseHugeResult(): Parsed<never> {
  const megabytes = limits.toolResultBytesMax / 1024 / 1024
  return { ok: false, refusal: { code: 'body_too_large', message: `it is larger than ${megabytes} MiB, or holds too many values` } }
}

import { availableParallelism } from 'node:os'
import type { Parsed } from '@reprise/contract'
import { limits } from '@reprise/contract'
import type { CheckedImage } from './checked-image.ts'
import type { FittedImage, ImageBounds } from './fitted-image.ts'
import { hasInlineImages } from './inline-images.ts'
import type { MessageBody } from './message-body.ts'
import { parseBody } from './parse-body.ts'
import { parseMessageBody, writeMessageBody } from './parse-message-body.ts'
import { placeToolResult } from './place-tool-result.ts'
import type { ProcessedToolResult } from './process-tool-result.ts'
import { processToolResult, truncateHugeToolResult } from './process-tool-result.ts'
import { restoreContent } from './restore-content.ts'
import { ThreadPool } from './thread-pool.ts'
import { ToolSchemas } from './tool-schemas/tool-schemas.ts'
import { toTransferable } from './transfer.ts'

export type TaskResult<T> = Parsed<T>

export interface ComputeOptions {
  threads?: number
  /** Tasks that may wait for a thread; one more is refused with `overloaded`. */
  queueMax?: number
  /** From the moment a thread takes the task. */
  taskTimeoutMs?: number
  /** Of one thread, at least 256. Native memory, such as a decoder's, is not in it. */
  heapMegabytesMax?: number
  /** Told why a thread died or a task threw, for the log. Default: a process warning. */
  onThreadError?: (error: unknown) => void
}

export interface TaskOptions {
  /** Once aborted, the promise rejects with its reason, and the task is ended even if it runs. */
  signal?: AbortSignal | undefined
}

/**
 * CPU-heavy work, off the main thread wherever it is not small. Every method owns the bytes it is given from then on:
 * where they fill their buffer they are moved to the thread and read as empty afterwards.
 */
export interface Compute {
  readMessageBody(bytes: Uint8Array, options: TaskOptions & { organization_id: string }): Promise<TaskResult<MessageBody>>
  /** Any other JSON body. Parsed only: the caller validates it. An empty body is `undefined`. */
  readJsonBody(bytes: Uint8Array, options?: TaskOptions): Promise<TaskResult<unknown>>
  /** An uploaded image; the refusal's message goes on from a subject: "is cut off". */
  checkImage(bytes: Uint8Array, options?: TaskOptions & { declared_media_type?: string | undefined }): Promise<TaskResult<CheckedImage>>
  /** Makes an image that was checked once one that a vendor takes, in base64. */
  fitImage(bytes: Uint8Array, options: TaskOptions & { bounds: ImageBounds }): Promise<TaskResult<FittedImage>>
  /** Puts base64 back into stored content: its bytes exactly as sent. */
  restoreContent(contentJson: string, images: ReadonlyMap<string, Uint8Array>, options?: TaskOptions): Promise<TaskResult<Uint8Array>>
  /** A large value goes to a thread as a structured clone, so an instance of a class arrives there without its methods. */
  processToolResult(value: unknown, options?: TaskOptions & { bytesMax?: number | undefined }): Promise<TaskResult<ProcessedToolResult>>
  /** Whether a tool can have this schema; the refusal's message goes on from a subject: "is too large". */
  checkToolSchema(schema: Record<string, unknown>, options?: TaskOptions): Promise<TaskResult<null>>
  /** What is wrong with the arguments of a call, in plain words; nothing for none. A refusal means that nobody knows. */
  checkToolArguments(schema: Record<string, unknown>, args: unknown, options?: TaskOptions): Promise<TaskResult<string[]>>
  stop(): Promise<void>
  readonly load: { waiting: number; running: number }
}

const toolResultBytesMaxDefault = 256 * 1024
/**
 * Node ends a thread that runs out of heap only between two steps of JavaScript; within one native call, such as
 * `JSON.parse`, the whole process dies. So no allowed input may come near the limit: the largest needs about 150 MB.
 */
const heapMegabytesMin = 256

export function createCompute(options: ComputeOptions = {}): Compute {
  const { heapMegabytesMax = 512 } = options
  if (heapMegabytesMax < heapMegabytesMin) throw new RangeError(`heapMegabytesMax must be at least ${heapMegabytesMin}, got ${heapMegabytesMax}`)
  const pool = new ThreadPool({
    threads: options.threads ?? Math.max(1, availableParallelism() - 1),
    queueMax: options.queueMax ?? 64,
    taskTimeoutMs: options.taskTimeoutMs ?? 30_000,
    heapMegabytesMax,
    onThreadError: options.onThreadError ?? warnOfThreadError,
  })

  const toolSchemas = new ToolSchemas(pool)

  return {
    async readMessageBody(bytes, { organization_id, signal }) {
      if (bytes.byteLength > limits.messageBodyBytesMax) return refuseTooLarge(limits.messageBodyBytesMax)
      if (bytes.byteLength <= limits.mainThreadBodyBytesMax) {
        const parsed = parseMessageBody(bytes)
        if (!parsed.ok) return parsed
        // Images are never decoded here, however small.
        if (!hasInlineImages(parsed.value.request.message.content)) return { ok: true, value: writeMessageBody(parsed.value) }
      }
      const owned = toTransferable(bytes)
      return pool.run('readMessageBody', { bytes: owned, organization_id }, { transfer: [owned], signal })
    },

    async readJsonBody(bytes, { signal } = {}) {
      if (bytes.byteLength > limits.messageBodyBytesMax) return refuseTooLarge(limits.messageBodyBytesMax)
      if (bytes.byteLength <= limits.mainThreadBodyBytesMax) {
        const parsed = parseBody(bytes)
        return parsed.ok ? { ok: true, value: parsed.value.value } : parsed
      }
      const owned = toTransferable(bytes)
      return pool.run('readJsonBody', { bytes: owned }, { transfer: [owned], signal })
    },

    async checkImage(bytes, { declared_media_type, signal } = {}) {
      const owned = toTransferable(bytes)
      const declared = declared_media_type === undefined ? [] : [declared_media_type]
      return pool.run('checkImage', { bytes: owned, declared }, { transfer: [owned], signal })
    },

    async fitImage(bytes, { bounds, signal }) {
      const owned = toTransferable(bytes)
      const { mediaTypes, bytesMax, edgePixelsMax } = bounds
      return pool.run('fitImage', { bytes: owned, bounds: { mediaTypes, bytesMax, edgePixelsMax } }, { transfer: [owned], signal })
    },

    async restoreContent(contentJson, images, { signal } = {}) {
      const sizeBytes = [...images.values()].reduce((sum, { byteLength }) => sum + byteLength, contentJson.length)
      if (sizeBytes <= limits.mainThreadBodyBytesMax) return restoreContent(contentJson, images)
      const owned = new Map([...images].map(([id, bytes]) => [id, toTransferable(bytes)]))
      return pool.run('restoreContent', { contentJson, images: owned }, { transfer: [...owned.values()], signal })
    },

    async processToolResult(value, { bytesMax = toolResultBytesMaxDefault, signal } = {}) {
      const place = placeToolResult(value)
      if (place === 'nowhere') return { ok: true, value: truncateHugeToolResult(value, bytesMax) }
      const result =
        place === 'thread' ? await pool.run('processToolResult', { value, bytesMax }, { transfer: [], signal }).catch(giveUpUnsendable) : null
      return result ?? { ok: true, value: processToolResult(value, bytesMax) }
    },

    checkToolSchema: (schema, { signal } = {}) => toolSchemas.checkSchema(schema, signal),
    checkToolArguments: (schema, args, { signal } = {}) => toolSchemas.checkArguments(schema, args, signal),

    stop: () => pool.stop(),

    get load() {
      return pool.load
    },
  }
}

/** Null for a value that cannot be cloned, one with a function in it: only a tool in this process can return such a thing. */
function giveUpUnsendable(error: unknown): null {
  if (error instanceof DOMException && error.name === 'DataCloneError') return null
  throw error
}

function refuseTooLarge(bytesMax: number): Parsed<never> {
  return { ok: false, refusal: { code: 'body_too_large', message: `The body is larger than ${bytesMax} bytes` } }
}

function warnOfThreadError(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}

import { availableParallelism } from 'node:os'
import type { Parsed } from '@reprise/contract'
import { limits } from '@reprise/contract'
import type { CheckedImage } from './checked-image.ts'
import type { FittedImage, ImageBounds } from './fitted-image.ts'
import { hasInlineImages } from './inline-images.ts'
import type { MessageBody } from './message-body.ts'
import { parseBody } from './parse-body.ts'
import { parseMessageBody, writeMessageBody } from './parse-message-body.ts'
import type { ProcessedToolResult, ToolResultSettings } from './process-tool-result.ts'
import type { EncodedAnswer } from './read-tool-answer.ts'
import { restoreContent } from './restore-content.ts'
import { refuseHugeResult, runToolResult } from './run-tool-result.ts'
import { TaskQueue } from './task-queue.ts'
import { ThreadPool } from './thread-pool.ts'
import { ToolSchemas } from './tool-schemas/tool-schemas.ts'
import { toTransferable } from './transfer.ts'
import type { WebPage, WebPageOptions } from './web-page/web-page.ts'

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

interface ToolResultOptions extends TaskOptions {
  organization_id: string
  bytesMax?: number
  whole_at?: string | null
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
  /** Whether a tool can have this schema; the refusal's message goes on from a subject: "is too large". */
  checkToolSchema(schema: Record<string, unknown>, options?: TaskOptions): Promise<TaskResult<null>>
  /** What is wrong with the arguments of a call, in plain words; nothing for none. A refusal means that nobody knows. */
  checkToolArguments(schema: Record<string, unknown>, args: unknown, options?: TaskOptions): Promise<TaskResult<string[]>>
  /** What a tool in this process returned, whatever it is. */
  processToolResult(value: unknown, options: ToolResultOptions): Promise<TaskResult<ProcessedToolResult>>
  /** The same for what came as bytes: it is parsed on a thread. */
  readToolAnswer(answer: EncodedAnswer, options: ToolResultOptions): Promise<TaskResult<ProcessedToolResult>>
  /** HTML as readable Markdown. */
  convertWebPage(bytes: Uint8Array, options: TaskOptions & WebPageOptions): Promise<TaskResult<WebPage>>
  /** YAML as plain values; the refusal's message goes on from a subject: "is not YAML". */
  readFrontMatter(text: string, options?: TaskOptions): Promise<TaskResult<unknown>>
  stop(): Promise<void>
  readonly load: { waiting: number; running: number }
}

/**
 * Node ends a thread that runs out of heap only between two steps of JavaScript; within one native call, such as
 * `JSON.parse`, the whole process dies. So no allowed input may come near the limit: the largest needs about 150 MB.
 */
const heapMegabytesMin = 256

const frontMatterTimeoutMs = 10_000

const neverAborted = new AbortController().signal

export function createCompute(options: ComputeOptions = {}): Compute {
  const { heapMegabytesMax = 512, queueMax = 64, threads = Math.max(1, availableParallelism() - 1) } = options
  if (heapMegabytesMax < heapMegabytesMin) throw new RangeError(`heapMegabytesMax must be at least ${heapMegabytesMin}, got ${heapMegabytesMax}`)
  const pool = new ThreadPool({
    threads,
    queueMax,
    taskTimeoutMs: options.taskTimeoutMs ?? 30_000,
    heapMegabytesMax,
    onThreadError: options.onThreadError ?? warnOfThreadError,
  })
  const large = new TaskQueue(threads, Infinity)

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

    async processToolResult(value, { signal, ...options }) {
      return await runToolResult(pool, large, value, readSettings(options), signal ?? neverAborted)
    },

    async readToolAnswer({ bytes, form, is_wrapped }, { signal, ...options }) {
      if (bytes.byteLength > limits.toolResultBytesMax) return refuseHugeResult()
      const owned = toTransferable(bytes)
      return pool.run('readToolAnswer', { answer: { pieces: [owned], form, is_wrapped }, settings: readSettings(options) }, { transfer: [owned], signal })
    },

    async convertWebPage(bytes, { signal, ...options }) {
      const owned = toTransferable(bytes)
      return pool.run('convertWebPage', { bytes: owned, options }, { transfer: [owned], signal })
    },

    // On a thread however small: a few thousand keys take seconds.
    readFrontMatter: (text, { signal } = {}) => pool.run('readFrontMatter', { text, timeoutMs: frontMatterTimeoutMs }, { transfer: [], signal }),

    checkToolSchema: (schema, { signal } = {}) => toolSchemas.checkSchema(schema, signal),
    checkToolArguments: (schema, args, { signal } = {}) => toolSchemas.checkArguments(schema, args, signal),

    stop: () => pool.stop(),

    get load() {
      return pool.load
    },
  }
}

function readSettings({ organization_id, bytesMax = limits.toolResultInlineBytesMax, whole_at = null }: ToolResultOptions): ToolResultSettings {
  return { organization_id, bytesMax, whole_at }
}

function refuseTooLarge(bytesMax: number): Parsed<never> {
  return { ok: false, refusal: { code: 'body_too_large', message: `The body is larger than ${bytesMax} bytes` } }
}

function warnOfThreadError(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}

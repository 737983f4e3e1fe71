/**
 * The threads. Invariants, which the tests cite:
 * T1  A task ends: with its result, or with a refusal when the queue is full, its time is over or its thread has died.
 * T2  A thread that dies or is ended takes one task with it; a new thread takes its place.
 * T3  At most `queueMax` tasks wait, and the time limit counts from the moment a thread takes the task.
 */
import { fileURLToPath } from 'node:url'
import type { ErrorCode, Parsed } from '@reprise/contract'
import { Piscina } from 'piscina'
import { TaskQueue } from './task-queue.ts'
// Only the types: the tasks load sharp, and the main thread must not.
import type * as tasks from './tasks.ts'

export type TaskName = keyof typeof tasks
export type TaskInput<Name extends TaskName> = Parameters<(typeof tasks)[Name]>[0]
export type TaskOutput<Name extends TaskName> = Awaited<ReturnType<(typeof tasks)[Name]>>

export interface ThreadPoolOptions {
  threads: number
  queueMax: number
  taskTimeoutMs: number
  heapMegabytesMax: number
  /** Told why a thread died or a task threw; callers learn only that their request failed. */
  onThreadError: (error: unknown) => void
}

export interface RunOptions {
  transfer: readonly Uint8Array<ArrayBuffer>[]
  signal?: AbortSignal | undefined
  /** Of this task, where it is to have less time than any other. */
  timeoutMs?: number
}

type EndReason = 'abandoned' | 'timeout' | 'stop'

// As .ts in the sources, as .js once compiled.
const tasksFile = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './tasks.ts' : './tasks.js', import.meta.url))

/** libvips keeps its blocked loaders for the whole process, so this flag is the process's too, whatever the number of pools. */
const loadersState = new Int32Array(new SharedArrayBuffer(4))

export class ThreadPool {
  readonly #options: ThreadPoolOptions
  readonly #queue: TaskQueue
  readonly #piscina: Piscina
  readonly #endings = new Set<AbortController>()
  #stopped: Promise<void> | undefined

  constructor(options: ThreadPoolOptions) {
    this.#options = options
    this.#queue = new TaskQueue(options.threads, options.queueMax)
    this.#piscina = new Piscina({
      filename: tasksFile,
      minThreads: options.threads,
      maxThreads: options.threads,
      // Idle threads stay, or the first large request after a pause would pay for a start.
      idleTimeout: Infinity,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMegabytesMax },
      workerData: loadersState,
    })
    // A thread that dies while idle is reported here, and an `error` without a listener would end the process.
    this.#piscina.on('error', options.onThreadError)
  }

  get load(): { waiting: number; running: number } {
    return this.#queue.load
  }

  /** Rejects only with the reason of the caller's signal, or because the input cannot be sent; all else is a refusal. */
  async run<Name extends TaskName>(name: Name, input: TaskInput<Name>, { transfer, signal, timeoutMs = this.#options.taskTimeoutMs }: RunOptions): Promise<TaskOutput<Name> | Parsed<never>> {
    signal?.throwIfAborted()
    if (this.#stopped) return refuseStopping()
    const ending = new AbortController()
    const abandon = () => ending.abort('abandoned' satisfies EndReason)
    signal?.addEventListener('abort', abandon, { once: true })
    this.#endings.add(ending)
    try {
      if (!(await this.#queue.enter(ending.signal))) return refuse('overloaded', 'Too many requests are waiting for a thread')
      const timer = setTimeout(() => ending.abort('timeout' satisfies EndReason), timeoutMs)
      try {
        const transferList = transfer.map(({ buffer }) => buffer)
        // Piscina's types do not know the tasks; `TaskInput` and `TaskOutput` are derived from them.
        return (await this.#piscina.run(input, { name, transferList, signal: ending.signal })) as TaskOutput<Name>
      } finally {
        clearTimeout(timer)
        this.#queue.leave()
      }
    } catch (error) {
      signal?.throwIfAborted()
      // Nothing was sent and no thread is at fault: the caller may do without one.
      if (error instanceof DOMException && error.name === 'DataCloneError') throw error
      return this.#describeEnd(ending.signal, timeoutMs, error)
    } finally {
      signal?.removeEventListener('abort', abandon)
      this.#endings.delete(ending)
    }
  }

  /** Ends the tasks that run, refuses those that wait, and resolves when every thread is gone. */
  stop(): Promise<void> {
    // First the pool, so that it starts no new threads for those whose tasks are ended.
    this.#stopped ??= this.#piscina.destroy()
    for (const ending of this.#endings) ending.abort('stop' satisfies EndReason)
    return this.#stopped
  }

  #describeEnd(ending: AbortSignal, timeoutMs: number, error: unknown): Parsed<never> {
    if (ending.reason === 'stop' || this.#stopped) return refuseStopping()
    if (ending.reason === 'timeout') {
      return refuse('task_failed', `The request took longer than ${timeoutMs / 1000} seconds to process`)
    }
    this.#options.onThreadError(error)
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return refuse('task_failed', 'The request needed more memory than one request may use')
    return refuse('task_failed', 'The request could not be processed')
  }
}

function refuseStopping(): Parsed<never> {
  return refuse('shutting_down', 'The server is shutting down')
}

function refuse(code: ErrorCode, message: string): Parsed<never> {
  return { ok: false, refusal: { code, message } }
}

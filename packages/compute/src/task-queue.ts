/**
 * The order in which tasks get a thread: first come, first served, and bounded. Piscina (5.3) counts no task that has an
 * abort signal against its `maxQueue`, and cannot tell the time a task waited from the time it ran; so tasks wait here,
 * and Piscina is given only what it can start.
 */
export class TaskQueue {
  readonly #runningMax: number
  readonly #waitingMax: number
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax
    this.#waitingMax = waitingMax
  }

  get load(): { waiting: number; running: number } {
    return { waiting: this.#waiting.size, running: this.#running }
  }

  /** Resolves with true when the task may run, and then needs a `leave`; with false when the queue is full. Rejects when aborted. */
  async enter(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    if (this.#running < this.#runningMax) {
      this.#running++
      return true
    }
    if (this.#waiting.size >= this.#waitingMax) return false
    const { promise, resolve, reject } = Promise.withResolvers<true>()
    const start = () => {
      signal.removeEventListener('abort', giveUp)
      resolve(true)
    }
    const giveUp = () => {
      this.#waiting.delete(start)
      reject(signal.reason)
    }
    this.#waiting.add(start)
    signal.addEventListener('abort', giveUp, { once: true })
    return promise
  }

  /** Gives the thread to the task that has waited longest: the count of running tasks stays as it is. */
  leave(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#running--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}

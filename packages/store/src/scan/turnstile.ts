import { AppError } from '@reprise/contract'

/** Lets so many through at once; the others wait in the order they came. */
export class Turnstile {
  readonly #waitingMax: number
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor({ atOnceMax, waitingMax }: { atOnceMax: number; waitingMax: number }) {
    this.#free = atOnceMax
    this.#waitingMax = waitingMax
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else {
      if (this.#waiting.length >= this.#waitingMax) throw new AppError('overloaded', { retryAfterSeconds: 1, detail: 'too many searches are waiting' })
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}

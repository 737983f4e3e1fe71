import { setTimeout as delay } from 'node:timers/promises'

const beatMs = 500
/** Between two beats pass at least so many. */
const hurriedMs = 100

/** The time between two beats of a worker: shorter when a place becomes free that turns wait for. */
export class BeatPause {
  readonly #ended = new AbortController()
  #hurried = new AbortController()

  get hasEnded(): boolean {
    return this.#ended.signal.aborted
  }

  /** Resolves when the next beat is due, and at once when there is to be none. */
  async wait(): Promise<void> {
    await passed(hurriedMs, this.#ended.signal)
    await passed(beatMs - hurriedMs, AbortSignal.any([this.#ended.signal, this.#hurried.signal]))
    this.#hurried = new AbortController()
  }

  /** The next beat is wanted soon, also when one is under way: that may have looked too early. */
  hurry(): void {
    this.#hurried.abort()
  }

  end(): void {
    this.#ended.abort()
  }
}

async function passed(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => {}) // a pause that is cut short is over
}

import type { CancelReason } from '@reprise/store'

/** The turn has another owner, or none: whoever sees this stops at once and writes nothing. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

/** The turn is to end: whoever sees this stops at once, and the turn's end is written. */
class TurnCancelled extends Error {
  override name = 'TurnCancelled'
}

/** A worker's hold on one turn. Every step of the turn stops when it is lost, or the turn is to end. */
export class Lease {
  readonly #stop = new AbortController()
  #isLost = false
  #cancelReason: CancelReason | null = null

  /** Aborted with LeaseLost or TurnCancelled, whichever comes first. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get isLost(): boolean {
    return this.#isLost
  }

  /** Why the turn is to end, if it is. */
  get cancelReason(): CancelReason | null {
    return this.#cancelReason
  }

  lose(): void {
    this.#isLost = true
    this.#stop.abort(new LeaseLost())
  }

  cancel(reason: CancelReason): void {
    this.#cancelReason ??= reason
    this.#stop.abort(new TurnCancelled())
  }
}

/** Waits for something that may not heed the signal: an abort is never held up by it. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      work.catch(() => {})
      return reject(signal.reason as Error)
    }
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

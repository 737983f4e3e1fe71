import { chooseDelayMs } from './choose-delay.ts'
import { pause } from './pause.ts'
import { isPassing, readPatienceMs } from './reprise-error.ts'

export interface RetryOptions {
  /** Ends the trying; the call then throws the signal's reason. */
  signal?: AbortSignal | undefined
  /** How long to go on trying, in ms: 300,000 unless said. */
  patience_ms?: number | undefined
}

const patienceMsDefault = 300_000

/**
 * Makes a call until it is answered: again when the network broke, and when the server said 408, 429, 502, 503 or 504, after
 * as long as it asked for. Only for what may be done twice, such as reads and what carries an idempotency key. Throws what the last try threw.
 */
export async function retryCall<T>(call: () => Promise<T>, { signal, patience_ms = patienceMsDefault }: RetryOptions = {}): Promise<T> {
  const startedAt = performance.now()
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted()
    try {
      return await call()
    } catch (error) {
      const delayMs = Math.max(readPatienceMs(error) ?? 0, chooseDelayMs(failures))
      signal?.throwIfAborted()
      if (!isPassing(error) || performance.now() + delayMs - startedAt > patience_ms) throw error
      await pause(delayMs, signal)
    }
  }
}

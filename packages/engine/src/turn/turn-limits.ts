/** How long steps of a turn may take, and how often they are tried. */
export interface TurnLimits {
  modelCallMsMax: number
  /** How long a provider may send nothing at all, before its answer and within it. */
  modelSilenceMsMax: number
  modelAttemptsMax: number
  /** Of a model that is asked once, to see whether it answers. */
  modelTryMsMax: number
  toolCallMsMax: number
  toolAttemptsMax: number
  /** The wait before the second attempt; it doubles with each, with jitter. */
  retryBaseMs: number
  retryMsMax: number
  /** A provider or webhook that asks to wait longer than this is not waited for. */
  retryAfterMsMax: number
  /** How long a parked turn waits for its caller. */
  callerMsMax: number
  /** Of one image that is fetched from its url for a model. */
  imageFetchMsMax: number
}

export const turnLimits: TurnLimits = {
  // An answer of 64k tokens at 50 a second takes over twenty minutes; what has died shows by its silence.
  modelCallMsMax: 1_800_000,
  // A local server reads the whole prompt before its first byte, which takes it a minute or two for a long one.
  modelSilenceMsMax: 120_000,
  modelAttemptsMax: 5,
  modelTryMsMax: 30_000,
  toolCallMsMax: 60_000,
  toolAttemptsMax: 5,
  retryBaseMs: 500,
  retryMsMax: 30_000,
  retryAfterMsMax: 300_000,
  callerMsMax: 300_000,
  imageFetchMsMax: 15_000,
}

/**
 * How long to wait after the `attempt`th attempt: exponential, half of it at random, so that what failed together is
 * not tried again together. Null when the other side asked for more patience than there is.
 */
export function chooseRetryDelay({ retryBaseMs, retryMsMax, retryAfterMsMax }: TurnLimits, attempt: number, retryAfterMs: number | null): number | null {
  if (retryAfterMs !== null && retryAfterMs > retryAfterMsMax) return null
  const backoffMs = Math.min(retryMsMax, retryBaseMs * 2 ** (attempt - 1))
  return Math.max(Math.round(backoffMs * (0.5 + Math.random() / 2)), retryAfterMs ?? 0)
}

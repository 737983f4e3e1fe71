/** How deliveries are made, and what a webhook that fails may expect. */
export interface DeliveryTerms {
  /** What an attempt may take, from the lookup to the last byte of the answer. */
  timeoutMs: number
  /** Between one attempt and the next. After as many, and one more, a delivery has failed. */
  retryDelaysMs: readonly number[]
  /** After a round in which nothing came through the webhook is left in peace so long, and twice as long after the next. */
  pauseBaseMs: number
  pauseMsMax: number
  /** A webhook to which nothing came through for so long is disabled. */
  failingMsMax: number
  /** Commits of the same moment are looked at together. */
  gatherMs: number
  /** Deliveries of one webhook that are attempted at once. */
  atOnce: number
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** The attempts that Standard Webhooks proposes: over the better part of two days. */
export const deliveryTerms: DeliveryTerms = {
  timeoutMs: 10 * second,
  retryDelaysMs: [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour],
  pauseBaseMs: 5 * second,
  pauseMsMax: 5 * minute,
  failingMsMax: 5 * 24 * hour,
  gatherMs: 50,
  atOnce: 20,
}

const firstDelayMs = 100
const delayMsMax = 5_000

/** How long to wait before the nth try after a failure: doubling, and at random, so that many clients of a server that comes back do not come at once. */
export function chooseDelayMs(failures: number): number {
  return Math.min(firstDelayMs * 2 ** Math.max(failures - 1, 0), delayMsMax) * (0.5 + Math.random() / 2)
}

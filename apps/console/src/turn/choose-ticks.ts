/** Steps that people count time in, in milliseconds. */
const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000]
const ticksMax = 6

/** At most six round times from 0 to the end, in milliseconds. */
export function chooseTicks(lengthMs: number): number[] {
  const step = steps.find((one) => lengthMs / one <= ticksMax) ?? lengthMs / ticksMax
  return Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, index) => index * step)
}

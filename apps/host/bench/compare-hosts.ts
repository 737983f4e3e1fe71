import type { MeasuredHost } from './start-measured-host.ts'
import { measureTurnsOverHttp } from './turns.ts'

export const comparedRounds = 7
const secondsEach = 4
const warmSeconds = 3

export interface Comparison {
  own: number[]
  other: number[]
  /** Of one's own to the other's, round by round. */
  ratios: number[]
}

/** Turns per second of two hosts over HTTP, by turns, so that a slow minute of the machine falls on both. */
export async function compareHosts(own: MeasuredHost, other: MeasuredHost, sessions: number): Promise<Comparison> {
  const rates = { own: [] as number[], other: [] as number[] }
  const measure = async (host: MeasuredHost, seconds: number) => (await measureTurnsOverHttp(host.address, sessions, seconds, host.apiKey)).turnsPerSecond
  await measure(other, warmSeconds)
  await measure(own, warmSeconds)
  for (let round = 0; round < comparedRounds; round++) {
    if (round % 2 === 0) rates.own.push(await measure(own, secondsEach))
    rates.other.push(await measure(other, secondsEach))
    if (round % 2 === 1) rates.own.push(await measure(own, secondsEach))
  }
  return { ...rates, ratios: rates.own.map((rate, round) => rate / rates.other[round]!) }
}

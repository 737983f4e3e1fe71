import { createHash } from 'node:crypto'

/** A seeded generator: the same seed asks for the same things, however the processes interleave. */
export class Random {
  #state: number
  readonly #seed: string

  constructor(seed: string | number) {
    this.#seed = String(seed)
    this.#state = createHash('sha256').update(this.#seed).digest().readUInt32LE()
  }

  /** A generator of its own for one part of the work, which no other part disturbs. */
  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`)
  }

  /** From 0 up to, and without, 1. (Mulberry32) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Both ends included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new Error('there is nothing to pick from')
    return choices[this.integer(0, choices.length - 1)]!
  }

  /** A choice that is twice as heavy comes twice as often. */
  pickWeighted<T extends { weight: number }>(choices: readonly T[]): T {
    let left = this.next() * choices.reduce((sum, { weight }) => sum + weight, 0)
    for (const choice of choices) {
      left -= choice.weight
      if (left < 0) return choice
    }
    return choices.at(-1)!
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let end = shuffled.length - 1; end > 0; end--) {
      const other = this.integer(0, end)
      ;[shuffled[end], shuffled[other]] = [shuffled[other]!, shuffled[end]!]
    }
    return shuffled
  }
}

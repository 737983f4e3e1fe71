import { randomInt } from 'node:crypto'
import { crashPoints, type CrashPoint } from '@reprise/store'
import { StartError } from '../start-error.ts'

/** What the command line may say, for `parseArgs`. */
export const crashtestFlags = {
  processes: { type: 'string' },
  turns: { type: 'string' },
  kills: { type: 'string' },
  freezes: { type: 'string' },
  cuts: { type: 'string' },
  'database-restarts': { type: 'string' },
  seed: { type: 'string' },
  sweep: { type: 'boolean' },
  short: { type: 'boolean' },
} as const

export interface CrashtestOptions {
  processes: number
  turns: number
  kills: number
  freezes: number
  cuts: number
  databaseRestarts: number
  seed: number
  /** The points at which processes are killed one by one, with three shapes of turns each. */
  sweep: readonly CrashPoint[]
  /** Beside other work, as in a run of the tests, times say little: recovery is shown, and not judged. */
  judgesRecovery: boolean
}

const full = { processes: 3, turns: 2_000, kills: 100, freezes: 3, cuts: 10, databaseRestarts: 1, sweep: crashPoints, judgesRecovery: true }
/** A look at everything but a restart of PostgreSQL, in well under a minute. */
const short: typeof full = { processes: 2, turns: 60, kills: 6, freezes: 1, cuts: 2, databaseRestarts: 0, sweep: crashPoints, judgesRecovery: false }
const pointsOfShortSweep: readonly CrashPoint[] = ['checkpoint.after_commit', 'tool.after_effect', 'turn.before_cancel']

const countMax = 1_000_000
const seedMax = 2 ** 32 - 1

export function readCrashtestOptions(values: Record<string, string | boolean | undefined>): CrashtestOptions {
  const defaults = values['short'] ? { ...short, sweep: pointsOfShortSweep } : full
  const read = (name: string, otherwise: number, min: number, max = countMax) => readWhole(name, values[name], otherwise, min, max)
  return {
    processes: read('processes', defaults.processes, 1, 50),
    turns: read('turns', defaults.turns, 1),
    kills: read('kills', defaults.kills, 0),
    freezes: read('freezes', defaults.freezes, 0),
    cuts: read('cuts', defaults.cuts, 0),
    databaseRestarts: read('database-restarts', defaults.databaseRestarts, 0),
    seed: read('seed', randomInt(seedMax), 0, seedMax),
    sweep: values['sweep'] === false ? [] : defaults.sweep,
    judgesRecovery: defaults.judgesRecovery,
  }
}

function readWhole(name: string, value: string | boolean | undefined, otherwise: number, min: number, max: number): number {
  if (value === undefined) return otherwise
  const number = /^\d+$/.test(String(value)) ? Number(value) : NaN
  if (number >= min && number <= max) return number
  throw new StartError(`--${name} must be a whole number from ${min} to ${max}; it is ${JSON.stringify(value)}.`)
}

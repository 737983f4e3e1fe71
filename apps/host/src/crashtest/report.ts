import type { FaultsFired } from './faults.ts'
import type { CrashtestOptions } from './options.ts'
import type { Recoveries, Recovery } from './recovery.ts'
import type { SweepResult } from './sweep.ts'
import type { Violation, ViolationKind } from './violation.ts'

export interface Outcome {
  options: CrashtestOptions
  database: string
  seconds: number
  fired: FaultsFired
  skippedRestarts: number
  sweep: SweepResult | null
  /** Messages that were answered with 201, and how the turns ended. */
  accepted: number
  ended: { completed: number; failed: number; cancelled: number }
  posted: { repeated: number; refusedForNow: number }
  /** By what the ledger saw. */
  keys: { count: number; deliveries: number; effectsMax: number; atMostOnceDeliveriesMax: number; outcomesUnknown: number }
  streams: { followed: number; connections: number; events: number }
  recoveredCalls: number
  processesStarted: number
  recoveries: Recoveries
  violations: readonly Violation[]
}

/** What recovery may take, in ms. */
const recoveryAims = { killMedianMs: 1_200, killMaxMs: 3_000, freezeMaxMs: 8_000 }

const shownMax = 50

export function printReport(outcome: Outcome): void {
  const { options, seconds, violations } = outcome
  console.log(`\nAfter ${seconds.toFixed(0)} s, seed ${options.seed}, on ${outcome.database}`)
  printRows('Faults that fired', describeFaults(outcome))
  printRows('What became of it', describeOutcome(outcome))
  printRows(`Recovery, from the fault to the turn's next event${options.judgesRecovery ? '' : ' (shown, not judged, in the short form)'}`, describeRecovery(outcome.recoveries))
  if (violations.length === 0) return console.log(`\nEvery promise was kept. Seed ${options.seed}.`)
  console.log(`\n${violations.length} promises were not kept:`)
  for (const { kind, session_id, turn_id, what } of violations.slice(0, shownMax)) {
    const where = [session_id, turn_id].filter((id) => id !== null).join(' ')
    console.log(`  ${kind}${where && ` in ${where}`}: ${what}`)
  }
  if (violations.length > shownMax) console.log(`  … and ${violations.length - shownMax} more`)
  console.log(`\nThe same order of faults and turns again: --seed ${options.seed}`)
}

/** Recovery that took longer than it may. */
export function judgeRecovery({ kill, freeze }: Recoveries): Violation[] {
  const violations = [...findLate(kill, recoveryAims.killMaxMs), ...findLate(freeze, recoveryAims.freezeMaxMs)]
  const median = percentile(kill.map(({ ms }) => ms), 0.5)
  if (median > recoveryAims.killMedianMs) violations.push(late(null, `p50 after a kill is ${median} ms, and ${recoveryAims.killMedianMs} ms is the aim`))
  return violations
}

function findLate(recoveries: readonly Recovery[], msMax: number): Violation[] {
  return recoveries.filter(({ ms }) => ms > msMax).map(({ ms, turnId, hit, first }) => late(turnId, `it went on with ${first} ${ms} ms after the ${hit.kind} at ${new Date(hit.at).toISOString()}, which left ${hit.processesLeft} processes, and ${msMax} ms is the most`))
}

function late(turn_id: string | null, what: string): Violation {
  return { kind: 'recovery', session_id: null, turn_id, what }
}

type Row = readonly [name: string, value: string]

function describeFaults({ fired, sweep, skippedRestarts, options }: Outcome): Row[] {
  const atPoints = sum(fired.crashes.values())
  const rows: Row[] = [
    ['kills', `${fired.kills + atPoints} of ${options.kills}: ${fired.kills} at any moment, ${atPoints} at ${fired.crashes.size} of the crash points`],
    ['freezes past the lease', `${fired.freezes} of ${options.freezes}`],
    ['connections cut', `${sum(fired.cuts.values())} of ${options.cuts}: ${[...fired.cuts].map(([kind, count]) => `${count} ${cutWords[kind]}`).join(', ') || 'none'}`],
    ['restarts of PostgreSQL', skippedRestarts > 0 ? `0: the server is not ours to restart, ${skippedRestarts} skipped` : `${fired.restarts} of ${options.databaseRestarts}`],
  ]
  if (sweep) {
    const crashes = sum(sweep.crashes.values())
    const missing = sweep.notReached.length === 0 ? '' : `; not reached: ${sweep.notReached.join(', ')}`
    rows.push(['sweep', `${crashes} crashes at ${sweep.crashes.size} of ${options.sweep.length} crash points, with 3 shapes of turns${missing}`])
  }
  return [...rows, ...fired.missed.map((what): Row => ['did not fire', what])]
}

const cutWords = { reply: 'between COMMIT and its reply', request: 'behind a statement', all: 'of all at once' } as const

function describeOutcome(outcome: Outcome): Row[] {
  const { accepted, ended, posted, keys, streams, recoveredCalls, processesStarted, violations } = outcome
  const count = (kind: ViolationKind) => String(violations.filter((violation) => violation.kind === kind).length)
  const other = violations.filter(({ kind }) => kind === 'transcript' || kind === 'fault' || kind === 'incident' || kind === 'wrongly cancelled')
  return [
    ['accepted', `${accepted} messages, those of the sweep included; ${posted.repeated} requests without an answer, ${posted.refusedForNow} refused for the moment`],
    ['turns', `${ended.completed} completed, ${ended.cancelled} cancelled, ${ended.failed} failed`],
    ['lost', count('lost')],
    ['doubled', count('doubled')],
    ['stuck', count('stuck')],
    ['out of order', count('out of order')],
    ['wrongly dead-lettered', count('wrongly dead-lettered')],
    ['effects per key', `${keys.effectsMax} at most, of ${keys.count} keys with ${keys.deliveries} deliveries; violations ${count('effects')}`],
    ['at_most_once', `delivered ${keys.atMostOnceDeliveriesMax} times at most; ${keys.outcomesUnknown} outcomes unknown`],
    ['streams', `${streams.events} events to ${streams.followed} readers over ${streams.connections} connections; not what is stored, or not the final text: ${count('stream')}`],
    ['calls started over', String(recoveredCalls)],
    ['processes started', String(processesStarted)],
    ['anything else', `${other.length}${other.length > 0 ? ' (see below)' : ''}`],
  ]
}

function describeRecovery({ kill, freeze, cut, suspect }: Recoveries): Row[] {
  const { killMedianMs, killMaxMs, freezeMaxMs } = recoveryAims
  const describe = (recoveries: readonly Recovery[]) => {
    const ms = recoveries.map((recovery) => recovery.ms)
    return ms.length === 0 ? 'no turn was hit' : `${ms.length} turns: p50 ${percentile(ms, 0.5)} ms, p99 ${percentile(ms, 0.99)} ms, max ${percentile(ms, 1)} ms`
  }
  return [
    ['SIGKILL', `${describe(kill)} (aim: p50 ${killMedianMs}, max ${killMaxMs})`],
    ['SIGSTOP', `${describe(freeze)} (aim: max ${freezeMaxMs})`],
    ...(cut.length > 0 ? [['all connections cut', describe(cut)] as const] : []),
    ...(suspect.length > 0 ? [['SIGKILL again, then alone', describe(suspect)] as const] : []),
  ]
}

/** 0 for no values. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0)
}

function printRows(title: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map(([name]) => name.length))
  console.log(`\n${title}`)
  for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`)
}

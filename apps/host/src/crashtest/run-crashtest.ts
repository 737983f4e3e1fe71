import type { Config } from '../config.ts'
import { Audience } from './audience.ts'
import { checkEverything } from './check-everything.ts'
import { atMostOnceTools } from './exchange.ts'
import { Faults, planFaults } from './faults.ts'
import { Load } from './load.ts'
import { openStage, type Stage } from './open-stage.ts'
import type { CrashtestOptions } from './options.ts'
import { Progress } from './progress.ts'
import { Random } from './random.ts'
import { measureClock, measureRecoveries } from './recovery.ts'
import { judgeRecovery, type Outcome } from './report.ts'
import type { PlayedSession } from './scene.ts'
import { sweepCrashPoints, type SweepResult } from './sweep.ts'
import type { Violation } from './violation.ts'

export interface CrashtestRun {
  config: Config
  options: CrashtestOptions
  folder: string
  logFile: string
  signal: AbortSignal
}

/** Load and faults, then the sweep, then a look at everything that has become of it. */
export async function runCrashtest({ config, options, folder, logFile, signal: givenSignal }: CrashtestRun): Promise<Outcome> {
  const startedAt = performance.now()
  const random = new Random(options.seed)
  const violations: Violation[] = []
  const onIncident = (what: string) => violations.push({ kind: 'incident', session_id: null, turn_id: null, what })
  await using services = new AsyncDisposableStack()
  let describe = () => 'starting the processes'
  const onProgress = (text: string) => (describe = () => text)
  const progress = new Progress(() => describe())
  services.defer(async () => progress.stop())
  // What fails takes the rest with it: nothing is to wait for processes that are no more.
  const ending = new AbortController()
  const signal = AbortSignal.any([givenSignal, ending.signal])
  const stage = await openStage({ config, options, random, folder, logFile, signal, onIncident }, services)
  const { database, db, proxy, ledger, processes, client } = stage
  services.defer(async () => ending.abort())

  const sessions: PlayedSession[] = []
  const audience = new Audience(processes, random.fork('audience'), signal)
  const onSession = (session: PlayedSession) => {
    sessions.push(session)
    audience.sessionBegins(session)
  }
  const skippedRestarts = database.restart ? 0 : options.databaseRestarts
  const plan = planFaults({ ...options, databaseRestarts: options.databaseRestarts - skippedRestarts }, random.fork('faults'))
  const load = new Load({ client, ledger, random: random.fork('load'), turns: options.turns, faults: plan.length, signal, onSession, onSessionOver: (session) => audience.sessionIsOver(session), onIncident })
  const faults = new Faults({ processes, proxy, database, db, load, random: random.fork('moments'), signal })
  const clockAheadMs = await measureClock(client)
  describe = () => `${load.messages} of ${options.turns} messages, ${load.faultsFired} of ${plan.length} faults, ${processes.ready.length} of ${options.processes} processes, ${violations.length} incidents`
  await Promise.all([load.run(), faults.run(plan)])
  await processes.untilReady(options.processes, signal)

  let sweep: SweepResult | null = null
  if (options.sweep.length > 0) sweep = await sweepCrashPoints({ client, processes, ledger, load, random: random.fork('sweep'), signal, onProgress }, options.sweep)
  const checked = await checkEverything({ stage, sessions, audience, signal, onProgress })
  const recoveries = measureRecoveries(faults.hits, clockAheadMs, checked.committed)

  return {
    options,
    database: database.description,
    seconds: (performance.now() - startedAt) / 1000,
    fired: faults.fired,
    skippedRestarts,
    sweep,
    accepted: sessions.reduce((sum, { accepted }) => sum + accepted.length, 0),
    ended: checked.ended,
    posted: { repeated: client.counts.noAnswer, refusedForNow: client.counts.refusedForNow },
    keys: { ...countKeys(stage), outcomesUnknown: checked.outcomesUnknown },
    streams: audience.count(),
    recoveredCalls: checked.recoveredCalls,
    processesStarted: processes.started,
    recoveries,
    violations: [
      ...violations,
      ...checked.violations,
      ...(sweep ? [...sweep.violations, ...sweep.notReached.map((point) => missed(`no turn of the sweep came by ${point}`))] : []),
      ...(options.judgesRecovery ? judgeRecovery(recoveries) : []),
    ],
  }
}

function countKeys({ ledger: { entries } }: Stage): Omit<Outcome['keys'], 'outcomesUnknown'> {
  const most = (counts: readonly number[]) => counts.reduce((a, b) => Math.max(a, b), 0)
  return {
    count: entries.length,
    deliveries: entries.reduce((sum, { deliveries }) => sum + deliveries, 0),
    effectsMax: most(entries.map(({ effects }) => effects)),
    atMostOnceDeliveriesMax: most(entries.filter(({ tool }) => atMostOnceTools.has(tool)).map(({ deliveries }) => deliveries)),
  }
}

function missed(what: string): Violation {
  return { kind: 'fault', session_id: null, turn_id: null, what }
}

/**
 * The sweep: every crash point, with three shapes of turns. Each shape is played once in peace, and once for every
 * point it came by, with a process that dies right there. What was said must be the same in the end.
 */
import type { Message } from '@reprise/contract'
import type { CrashPoint } from '@reprise/store'
import type { ApiClient } from './api-client.ts'
import { ask, echo, record, scripted } from './exchange.ts'
import type { Ledger } from './ledger.ts'
import type { Load } from './load.ts'
import type { PointCounts } from './process.ts'
import type { Processes, ServerProcess } from './processes.ts'
import type { Random } from './random.ts'
import { readMessages } from './read-session.ts'
import { Scene, StuckTurn } from './scene.ts'
import type { Violation } from './violation.ts'

export interface SweepServices {
  client: ApiClient
  processes: Processes
  ledger: Ledger
  load: Load
  random: Random
  signal: AbortSignal
  onProgress(text: string): void
}

export interface SweepResult {
  /** How often a process died at each point. */
  crashes: Map<CrashPoint, number>
  /** Points that no shape came by. */
  notReached: CrashPoint[]
  violations: Violation[]
}

type SweepShape = (scene: Scene, ledger: Ledger) => Promise<void>

const words = 'Every word of this is said one after the other, and all of them are said in the end, whoever says them.'

const shapes: Record<string, SweepShape> = {
  'one tool, a provider and a webhook that fail once': async (scene) => {
    const steps = [{ calls: [record({ marker: scene.marker(), first: 'refuse' as const })], fail: { kind: '500' as const } }, { text: 'It is noted.' }]
    await scene.untilEnded(await scene.say(scripted(scene.marker(), steps)))
  },
  'thinking and text, streamed': async (scene) => {
    await scene.untilEnded(await scene.say(scripted(scene.marker(), [{ thinking: words, signature: 'signed', text: words, tokens_per_second: 60 }])))
  },
  'parked, steered, cancelled': async (scene, ledger) => {
    const parked = await scene.say(scripted(scene.marker(), [{ text: 'May I?', calls: [ask(scene.marker())] }, { text: 'I did.' }]))
    await scene.answerCalls(parked)
    await scene.untilEnded(parked)

    // The tool answers when the message has joined: so it is always the same call that reads it.
    const order = { marker: scene.marker(), first: 'hold' as const }
    const steered = await scene.say(scripted(scene.marker(), [{ calls: [record(order)] }, { text: 'As you say.' }]))
    await scene.until('the webhook is called', () => ledger.entriesFor(order.marker).length > 0)
    await scene.say(echo(scene.marker()), 'steer')
    ledger.release(order.marker)
    await scene.untilEnded(steered)

    // A model that never answers: there is nothing to be cut off at this word or that.
    const hanging = await scene.say(scripted(scene.marker(), [{ text: 'Never.', fail: { kind: 'hang', times: 1_000 } }]))
    await scene.untilTold(hanging, 'reason.started')
    await scene.cancel(hanging)
    await scene.untilEnded(hanging)
  },
}

const crashPatienceMs = 30_000
const stuckMax = 3
/** Deltas are gathered by the clock, so one run has a checkpoint more or less than another. */
const sureShare = 0.7

export async function sweepCrashPoints(services: SweepServices, points: readonly CrashPoint[]): Promise<SweepResult> {
  const { onProgress, processes, random, signal } = services
  const crashes = new Map<CrashPoint, number>()
  const violations: Violation[] = []
  const reached = new Set<string>()
  for (const [name, shape] of Object.entries(shapes)) {
    const peaceful = await playInPeace(services, shape, `sweep ${name}`)
    if (peaceful.stuck !== null) violations.push({ kind: 'stuck', session_id: peaceful.sessionId, turn_id: null, what: `sweep, without a crash, ${name}: ${peaceful.stuck}` })
    for (const point of points) {
      const count = peaceful.points[point] ?? 0
      if (count === 0) continue
      reached.add(point)
      // Each of them takes its minute.
      if (violations.filter(({ kind }) => kind === 'stuck').length >= stuckMax) continue
      onProgress(`sweep: ${point}, ${name}`)
      await processes.untilReady(Math.min(2, processes.count), signal)
      const victim = random.pick(processes.ready)
      const nth = random.integer(1, Math.max(1, Math.floor(count * sureShare)))
      const dying = processes.crashAt(victim, point, nth, crashPatienceMs)
      const crashed = await playOnce(services, shape, `sweep ${name} ${point}`, victim)
      const flag = (kind: Violation['kind'], what: string) => violations.push({ kind, session_id: crashed.sessionId, turn_id: null, what: `sweep, ${point} (${nth} of ${count}), ${name}: ${what}` })
      if (await dying) crashes.set(point, (crashes.get(point) ?? 0) + 1)
      else flag('fault', 'the process did not come by the point')
      if (crashed.stuck !== null) flag('stuck', crashed.stuck)
      const difference = findDifference(peaceful.transcript, crashed.transcript)
      if (difference) flag('transcript', difference)
    }
  }
  return { crashes, notReached: points.filter((point) => !reached.has(point)), violations }
}

interface Played {
  sessionId: string
  /** One line for each message, without ids and times. */
  transcript: string[]
  /** What did not come to its end. */
  stuck: string | null
}

async function playInPeace(services: SweepServices, shape: SweepShape, name: string): Promise<Played & { points: PointCounts }> {
  const { processes, signal } = services
  await processes.untilReady(processes.count, signal)
  const process = processes.ready[0]!
  const before = await process.countPoints()
  const played = await playOnce(services, shape, name, process)
  const after = await process.countPoints()
  const points: PointCounts = {}
  for (const point of Object.keys(after) as CrashPoint[]) points[point] = after[point]! - (before[point] ?? 0) // its keys are points
  return { ...played, points }
}

async function playOnce({ client, load, ledger, random, signal }: SweepServices, shape: SweepShape, name: string, prefer: ServerProcess): Promise<Played> {
  const session = await load.createSession()
  const markers = name.replaceAll(/[^\w.]+/g, '-')
  const scene = new Scene({ client, session, shape: name, random, name: markers, prefer, signal })
  const stuck = await shape(scene, ledger).then(
    () => null,
    (error: unknown) => {
      if (error instanceof StuckTurn) return error.message
      throw error
    },
  )
  const messages = await readMessages(client, session.id)
  return { sessionId: session.id, transcript: messages.map((message) => describe(message).replaceAll(markers, 'sweep')), stuck }
}

function describe({ role, content, thinking, thinking_signature, metadata }: Message): string {
  return JSON.stringify({ role, content, thinking, thinking_signature, metadata })
}

function findDifference(expected: readonly string[], found: readonly string[]): string | null {
  const index = Array.from({ length: Math.max(expected.length, found.length) }).findIndex((_, at) => expected[at] !== found[at])
  return index < 0 ? null : `message ${index + 1} is ${found[index] ?? 'missing'}, and without the crash it is ${expected[index] ?? 'not there'}`
}

/** What users do and scripted models answer, in as many shapes as turns have. */
import { setTimeout as pause } from 'node:timers/promises'
import type { CrashPoint } from '@reprise/store'
import { ask, broken, calculate, charge, echo, record, scripted, transfer, type Exchange, type PlannedStep } from './exchange.ts'
import type { LedgerOrder } from './ledger.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'

export interface Shape {
  name: string
  weight: number
  /** How many messages it posts. */
  messages: number
  /** Crash points that every turn of this shape comes by, beside those that every turn does. */
  reaches: readonly CrashPoint[]
  play(scene: Scene): Promise<void>
}

type MakeExchange = (scene: Pick<Scene, 'marker' | 'random'>) => Exchange

const singles = {
  echo: ({ marker }) => echo(marker()),
  stream: ({ marker, random }) => scripted(marker(), [speech(random, random.integer(80, 300))]),
  thinking: ({ marker, random }) => scripted(marker(), [{ thinking: write(random, 60), signature: `signed-${random.integer(1, 1e6)}`, ...speech(random, random.integer(40, 160)) }]),
  'one tool': ({ marker, random }) => scripted(marker(), [{ calls: [record(order(marker(), random))] }, { text: 'It is noted.' }]),
  'two tools': ({ marker, random }) =>
    scripted(marker(), [{ text: 'Both at once.', calls: [record(order(marker(), random)), record(order(marker(), random))] }, speech(random, 60)]),
  'flaky tool': ({ marker, random }) =>
    scripted(marker(), [{ calls: [record({ marker: marker(), first: random.pick(['refuse', 'drop'] as const) })] }, { text: 'It took a while.' }]),
  'at most once': ({ marker, random }) => scripted(marker(), [{ calls: [charge(order(marker(), random))] }, { text: 'The money is taken.' }]),
  'many steps': ({ marker, random }) =>
    scripted(marker(), [
      { text: 'First this.', calls: [record(order(marker(), random))] },
      { thinking: write(random, 40), signature: 'signed', calls: [calculate(random.integer(2, 99), random.integer(2, 99))] },
      { calls: [charge(order(marker(), random)), record(order(marker(), random))] },
      speech(random, 80),
    ]),
  'provider fault': ({ marker, random }) => scripted(marker(), [{ ...speech(random, 60), fail: { kind: random.pick(['429', '500', 'cut', 'malformed'] as const) } }]),
  calculator: ({ marker, random }) => scripted(marker(), [{ calls: [calculate(random.integer(2, 999), random.integer(2, 999))] }, { text: 'That is the product.' }]),
  'failing turn': ({ marker }) => broken(marker()),
} satisfies Record<string, MakeExchange>

type SingleName = keyof typeof singles

export const shapes: readonly Shape[] = [
  single('echo', 12),
  single('stream', 16, ['model.mid_stream']),
  single('thinking', 8, ['model.mid_stream']),
  single('one tool', 12, ['tool.before_effect', 'tool.after_effect']),
  single('two tools', 8, ['tool.before_effect', 'tool.after_effect']),
  single('flaky tool', 3, ['tool.before_retry']),
  single('at most once', 10, ['tool.before_effect', 'tool.after_effect']),
  single('many steps', 8, ['model.mid_stream', 'tool.before_effect', 'tool.after_effect']),
  single('provider fault', 3, ['model.before_retry']),
  single('calculator', 6, ['tool.before_effect', 'tool.after_effect']),
  single('failing turn', 1),
  {
    name: 'burst',
    weight: 6,
    messages: 3,
    // A turn that waited is taken up from the journal.
    reaches: ['turn.claimed'],
    async play(scene) {
      const names = ['echo', 'stream', 'one tool', 'at most once', 'calculator'] satisfies SingleName[]
      const exchanges = Array.from({ length: 3 }, () => singles[scene.random.pick(names)](scene))
      await scene.untilEnded(...(await Promise.all(exchanges.map((exchange) => scene.say(exchange)))))
    },
  },
  {
    name: 'client-side tool',
    weight: 6,
    messages: 1,
    reaches: ['turn.before_park', 'turn.after_park', 'turn.answered_by_caller', 'turn.claimed'],
    async play(scene) {
      const waiting = await scene.say(scripted(scene.marker(), [{ text: 'May I?', calls: [ask(scene.marker())] }, speech(scene.random, 60)]))
      await scene.answerCalls(waiting)
      await scene.untilEnded(waiting)
    },
  },
  {
    name: 'approved tool',
    weight: 5,
    messages: 1,
    reaches: ['turn.before_park', 'turn.after_park', 'turn.answered_by_caller', 'turn.claimed', 'tool.before_effect', 'tool.after_effect'],
    async play(scene) {
      const waiting = await scene.say(scripted(scene.marker(), [{ text: 'I need your leave.', calls: [transfer(order(scene.marker(), scene.random))] }, speech(scene.random, 60)]))
      await scene.approveCalls(waiting)
      await scene.untilEnded(waiting)
    },
  },
  {
    name: 'steer',
    weight: 5,
    messages: 2,
    reaches: ['turn.steered'],
    async play(scene) {
      const steps: PlannedStep[] = [{ calls: [record({ marker: scene.marker(), delay_ms: 500 })] }, speech(scene.random, 120)]
      const running = await scene.say(scripted(scene.marker(), steps))
      await pause(scene.random.integer(50, 400))
      await scene.untilEnded(await scene.say(echo(scene.marker()), 'steer'), running)
    },
  },
  { name: 'interrupt', weight: 3, messages: 2, reaches: ['turn.before_cancel'], play: (scene) => breakIn(scene, 'interrupt') },
  { name: 'rollback', weight: 3, messages: 2, reaches: ['turn.before_cancel'], play: (scene) => breakIn(scene, 'rollback') },
  {
    name: 'cancel',
    weight: 4,
    messages: 1,
    reaches: ['turn.before_cancel'],
    async play(scene) {
      const running = await scene.say(longSpeech(scene))
      await pause(scene.random.integer(50, 600))
      await scene.cancel(running)
      await scene.untilEnded(running)
    },
  },
]

function single(name: SingleName, weight: number, reaches: readonly CrashPoint[] = []): Shape {
  return { name, weight, messages: 1, reaches, play: async (scene) => scene.untilEnded(await scene.say(singles[name](scene))) }
}

async function breakIn(scene: Scene, how: 'interrupt' | 'rollback'): Promise<void> {
  const running = await scene.say(longSpeech(scene))
  await pause(scene.random.integer(50, 600))
  await scene.untilEnded(running, await scene.interrupt(running, echo(scene.marker()), how))
}

/** Two seconds or more: time enough to be broken into. */
function longSpeech(scene: Scene): Exchange {
  return scripted(scene.marker(), [{ text: write(scene.random, 400), tokens_per_second: 50 }])
}

function speech(random: Random, characters: number): PlannedStep {
  return { text: write(random, characters), tokens_per_second: random.integer(50, 150) }
}

/** Mostly at once, sometimes slowly. */
function order(marker: string, random: Random): LedgerOrder {
  return random.chance(0.3) ? { marker, delay_ms: random.integer(50, 700) } : { marker }
}

const words = ['alder', 'birch', 'cedar', 'elm', 'fir', 'hazel', 'larch', 'maple', 'oak', 'pine', 'rowan', 'yew', 'Ähre', '森', '🌲']

function write(random: Random, characters: number): string {
  let text = random.pick(words)
  while (text.length < characters) text += ` ${random.pick(words)}`
  return `${text}.`
}

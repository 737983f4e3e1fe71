/** Three sessions, three processes and a database: takes random steps in it, and sees that everything is as it should be. */
import { createHash } from 'node:crypto'
import { newId } from '@reprise/contract'
import {
  beat as sendBeat,
  newEvent,
  readCallerCalls,
  readPendingSteers,
  recordSuspect,
  removeWorker,
  seeded,
  type Accept,
  type Answer,
  type Append,
  type Beat,
  type Cancel,
  type Checkpoint,
} from '../../src/index.ts'
import { findBrokenInvariant, type Told } from './invariants.ts'
import { perform, permute, predict, type Answered, type AppendOperation, type Operation, type Reply } from './operation.ts'
import { createSession, silence, startProcess, type Connections, type Process } from './processes.ts'
import { draftCheckpoint, draftLateWord, resumeRun, startRun, type Run } from './runner.ts'
import { SessionModel } from './session-model.ts'
import { readSessionViews, type ReadSession, type SessionView } from './session-view.ts'
import type { Tally } from './tally.ts'
import { WorldModel } from './world-model.ts'
import { processesMax, sessionsMax, type Choice, type SendingStep, type Step, type Travel } from './steps.ts'

/** Something is not as it should be: the journal, or the model. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

/** An append whose sender has heard nothing and will send it again. */
interface Unanswered {
  process: Process
  name: string
  append: Append
  finish: AppendOperation['finish']
}

const waitingMax = 100
const waitingMaxOfCrowded = 2
const roundsMax = 60
const quietly: Choice = { says: 0, together: true, instead: 'nothing' }

export class World {
  readonly #connections: Connections
  readonly #tally: Tally
  #model = new WorldModel()
  readonly #sessionIds: string[] = []
  readonly #processes: Process[] = []
  readonly #told = new Map<string, Told>()
  readonly #views = new Map<string, SessionView>()
  #unanswered: Unanswered[] = []
  /** Appends of processes that died or forgot: they may still arrive. */
  readonly #drawer: Append[] = []

  constructor(connections: Connections, tally: Tally) {
    this.#connections = connections
    this.#tally = tally
  }

  async open(): Promise<void> {
    for (let index = 0; index < sessionsMax; index++) {
      const id = await createSession(this.#connections)
      this.#sessionIds.push(id)
      this.#model.sessions.set(id, new SessionModel(id))
      this.#told.set(id, { accepted: new Map(), rolledBack: new Set(), retried: new Set() })
    }
    for (let index = 0; index < processesMax; index++) await this.#start(index)
  }

  /** Leaves nothing for the next run to claim. */
  async close(): Promise<void> {
    await this.#connections.pool.query('DELETE FROM workers')
    await this.#connections.heart.query('SELECT pg_advisory_unlock_all()')
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'race':
        return await this.#race(step.steps)
      case 'crash':
        return await this.#crash(step.process, step.how)
      case 'forget':
        return await this.#forget(this.#processes[step.process]!, step.pick)
      case 'deadline':
        return await this.#passDeadline(this.#sessionIds[step.session]!)
      case 'drain':
        return await this.#drain(this.#processes[step.process]!)
      default: {
        const operation = await this.#prepare(step)
        if (operation) await this.#perform([operation])
      }
    }
  }

  /** M14: everybody does what there is to do, until nothing is. */
  async settle(): Promise<void> {
    const { pool } = this.#connections
    await pool.query('UPDATE workers SET drain_requested_at = NULL')
    for (const worker of this.#model.workers.values()) worker.draining = false
    for (let round = 0; round < roundsMax; round++) {
      while (this.#unanswered.length > 0) await this.take({ do: 'resend', pick: 0 })
      if ([...this.#model.sessions.values()].every((session) => session.active === null)) return
      for (const { index, runs } of this.#processes) {
        await this.take({ do: 'beat', process: index, slots: 8, heeds: true })
        for (let pick = runs.size - 1; pick >= 0; pick--) await this.take({ do: 'work', process: index, pick, takes: true, travel: 'safely', ...quietly })
      }
      for (const session of this.#sessionIds) await this.#passDeadline(session)
    }
    throw new Violation(`M14: after ${roundsMax} rounds a turn still has not ended`)
  }

  async #race(steps: readonly SendingStep[]): Promise<void> {
    const operations: Operation[] = []
    for (const step of steps) {
      // Two beats at once may see each other half; that is for the tests of the beat.
      if (step.do === 'beat' && operations.some((operation) => 'beat' in operation)) continue
      const operation = await this.#prepare(step)
      if (operation) operations.push(operation)
    }
    if (operations.length > 1) this.#tally.count('step', 'race')
    if (operations.length > 0) await this.#perform(operations)
  }

  /** Sends operations at once, compares what came of them with the model, and lets their senders go on. */
  async #perform(operations: readonly Operation[]): Promise<void> {
    const touched = operations.some((operation) => 'beat' in operation) ? this.#sessionIds : [...new Set(operations.map((operation) => (operation as AppendOperation).append.session_id))]
    const answered = await Promise.all(operations.map(perform))
    const found = await readSessionViews(this.#connections.pool, touched)
    this.#model = this.#explain(answered, found)
    for (const one of answered) this.#note(one)
    for (const [id, session] of found) {
      const before = this.#views.get(id) ?? null
      const broken = findBrokenInvariant(session, before, this.#told.get(id)!)
      if (broken) throw new Violation(`${broken}\n${JSON.stringify(session.view, null, 1)}`)
      const isRefused = answered.length === 1 && 'reply' in answered[0]! && answered[0].reply.outcome !== 'stored'
      if (isRefused && before && JSON.stringify(before) !== JSON.stringify(session.view)) throw new Violation(`M13: ${answered[0]!.operation.name} was refused and changed something`)
      this.#views.set(id, session.view)
      this.#tally.checks += 1
    }
    for (const one of answered) await ('beat' in one ? one.operation.take(one.beat) : one.operation.finish(one.reply))
  }

  /** Finds an order in which the model does what was done, and answers the model after it. */
  #explain(answered: readonly Answered[], found: ReadonlyMap<string, ReadSession>): WorldModel {
    const complaints: string[] = []
    for (const order of permute(answered)) {
      const model = answered.length > 1 ? this.#model.copy() : this.#model
      const names = order.map((one) => one.operation.name).join(', ')
      const difference =
        order.reduce<string | null>((wrong, one) => wrong ?? predict(model, one, answered.length === 1), null) ??
        [...found].reduce<string | null>((wrong, [id, { view }]) => wrong ?? describeDifference(model.sessions.get(id)!.view(), view), null)
      if (difference === null) return model
      complaints.push(`${names}: ${difference}`)
    }
    throw new Violation(`not as the model has it, in any order:\n${complaints.join('\n')}`)
  }

  #note(answered: Answered): void {
    if ('beat' in answered) {
      for (const turn of answered.beat.held) if (turn.claimed) this.#tally.count('outcome', `beat: claimed${turn.orphaned ? ', orphaned' : ''}${turn.recoveries > 0 ? `, recoveries ${turn.recoveries}` : ''}`)
      return this.#tally.count('step', answered.operation.name)
    }
    const { operation, reply } = answered
    const { append } = operation
    this.#tally.count('step', operation.name)
    const how = reply.delivery ?? (append.kind === 'checkpoint' && reply.outcome !== 'fenced' ? (reply.settled ? append.turn_status : append.turn_status === 'running' ? 'goes on' : `${append.turn_status}, but goes on`) : null)
    this.#tally.count('outcome', `${append.kind}: ${reply.outcome}${how ? `, ${how}` : ''}`)
    if (append.kind !== 'accept' || (reply.outcome !== 'stored' && reply.outcome !== 'stored_before')) return
    const told = this.#told.get(append.session_id)!
    if (told.accepted.has(append.message_id)) return
    const jumps = (append.when_busy === 'interrupt' || append.when_busy === 'rollback') && reply.delivery === 'enqueued'
    told.accepted.set(append.message_id, { turn_id: reply.turn_id!, sequence: reply.first_sequence!, jumps })
    if (append.retry_of !== null) told.retried.add(append.retry_of)
    if (jumps && append.when_busy === 'rollback' && reply.touched_turn_id) told.rolledBack.add(reply.touched_turn_id)
  }

  async #prepare(step: SendingStep): Promise<Operation | null> {
    switch (step.do) {
      case 'beat':
        return await this.#prepareBeat(this.#processes[step.process]!, step.slots, step.heeds)
      case 'resend':
        return this.#prepareResend(step.pick)
      case 'zombie':
        return this.#prepareZombie(step)
      case 'post':
        return this.#send(step, `post ${step.when_busy}`, this.#makeAccept(step), this.#onAccepted(this.#processes[step.process]!), step.crowded ? waitingMaxOfCrowded : waitingMax)
      case 'cancel':
        return this.#send(step, `cancel ${step.scope}`, this.#makeCancel(step), this.#onCancelled(this.#processes[step.process]!))
      case 'answer': {
        const answer = await this.#makeAnswer(step)
        return answer && this.#send(step, 'answer', answer, this.#onAnswered(this.#processes[step.process]!, answer))
      }
      case 'work':
        return await this.#prepareWork(step)
    }
  }
}

/** Where two views differ, shortly. */
function describeDifference(expected: SessionView, found: SessionView): string | null {
  for (const part of ['head', 'turns', 'messages', 'calls', 'journal'] as const) {
    const [one, other] = [JSON.stringify(expected[part]), JSON.stringify(found[part])]
    if (one !== other) return `${part} is\n  ${other}\n  and not\n  ${one}`
  }
  return null
}

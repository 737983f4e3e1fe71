/** Three sessions, three processes and a database: takes random steps, and sees that everything is as it should be. */
import { findBrokenInvariant, type Told } from './invariants.ts'
import { crash, drain, forget, passDeadline } from './mishaps.ts'
import { perform, permute, predict, type Answered, type Operation } from './operation.ts'
import { prepareAnswer, prepareDecision } from './prepare-answers.ts'
import { prepareCancel, preparePost, prepareResend, prepareWork, prepareZombie } from './prepare-appends.ts'
import { prepareBeat } from './prepare-beat.ts'
import { prepareDelete } from './prepare-delete.ts'
import { createSession, type Connections } from './processes.ts'
import { pickBusy, pickParked, startProcess, type Scene } from './scene.ts'
import { SessionModel } from './session-model.ts'
import { readSessionViews, type ReadSession, type SessionView } from './session-view.ts'
import { processesMax, sessionsMax, type Choice, type SendingStep, type Step } from './steps.ts'
import type { Tally } from './tally.ts'
import { viewSession } from './view-session.ts'
import { WorldModel } from './world-model.ts'

/** Something is not as it should be: in the journal, or in the model. */
class Violation extends Error {
  override readonly name = 'Violation'
}

/** Far more than it takes until nothing is left to do. */
const roundsMax = 60
const quietly: Choice = { says: 0, together: true, instead: 'nothing' }

export class World {
  readonly #scene: Scene
  readonly #told = new Map<string, Told>()
  readonly #views = new Map<string, SessionView>()

  constructor(connections: Connections, tally: Tally) {
    this.#scene = { connections, tally, model: new WorldModel(), sessionIds: [], processes: [], unanswered: [], drawer: [] }
  }

  async open(): Promise<void> {
    const { sessionIds, model, connections } = this.#scene
    for (let index = 0; index < sessionsMax; index++) {
      const id = await createSession(connections)
      sessionIds.push(id)
      model.sessions.set(id, new SessionModel(id))
      this.#told.set(id, { accepted: new Map(), rolledBack: new Set(), retried: new Set(), deleted: null })
    }
    for (let index = 0; index < processesMax; index++) await startProcess(this.#scene, index)
  }

  /** Leaves nothing that the next run could claim. */
  async close(): Promise<void> {
    const { pool, heart } = this.#scene.connections
    const { sessionIds } = this.#scene
    await pool.query("UPDATE turns SET status = 'cancelled' WHERE session_id = ANY ($1) AND ended_at IS NULL", [sessionIds])
    await pool.query('DELETE FROM workers')
    await heart.query('SELECT pg_advisory_unlock_all()')
  }

  async take(step: Step): Promise<void> {
    const scene = this.#scene
    switch (step.do) {
      case 'race':
        return await this.#race(step.steps)
      case 'crash':
        await crash(scene, pickBusy(scene, step.process), step.how)
        for (let death = 0; death < step.relay; death++) {
          // The first beat may put a suspect aside, the second takes it.
          for (let beat = 0; beat < 2; beat++) await this.take({ do: 'beat', process: step.process, slots: sessionsMax, heeds: true })
          await crash(scene, scene.processes[step.process]!, step.how)
        }
        return
      case 'forget':
        return forget(scene, pickBusy(scene, step.process), step.pick)
      case 'deadline':
        return await passDeadline(scene, pickParked(scene, step.session))
      case 'drain':
        return await drain(scene, scene.processes[step.process]!)
      default: {
        const operation = await this.#prepare(step)
        if (operation) await this.#perform([operation])
      }
    }
  }

  /** M14: everybody does what there is to do, until nothing is. */
  async settle(): Promise<void> {
    const { connections, model, unanswered, processes, sessionIds } = this.#scene
    await connections.pool.query('UPDATE workers SET drain_requested_at = NULL')
    for (const worker of model.workers.values()) worker.draining = false
    for (let round = 0; round < roundsMax; round++) {
      while (unanswered.length > 0) await this.take({ do: 'resend', pick: 0 })
      if ([...this.#views.values()].every((view) => view.head.active_turn_id === null)) return
      for (const { index } of processes) {
        await this.take({ do: 'beat', process: index, slots: sessionsMax, heeds: true })
      }
      for (let turn = 0; turn < 2 * sessionsMax; turn++) await this.take({ do: 'work', process: turn, pick: turn, takes: true, travel: 'safely', ...quietly })
      for (const session of sessionIds) await passDeadline(this.#scene, session)
    }
    throw new Violation(`M14: after ${roundsMax} rounds a turn has not ended`)
  }

  async #race(steps: readonly SendingStep[]): Promise<void> {
    const operations: Operation[] = []
    for (const step of steps) {
      // Two beats at once may see each other by half, which is for the tests of the beat.
      if (step.do === 'beat' && operations.some((operation) => 'beat' in operation)) continue
      const operation = await this.#prepare('travel' in step && step.travel.endsWith('cut') ? { ...step, travel: 'safely' } : step)
      if (operation) operations.push(operation)
    }
    if (operations.length > 1) this.#scene.tally.count('outcome', `race of ${operations.length}`)
    if (operations.length > 0) await this.#perform(operations)
  }

  async #prepare(step: SendingStep): Promise<Operation | null> {
    switch (step.do) {
      case 'post':
        return preparePost(this.#scene, step)
      case 'cancel':
        return prepareCancel(this.#scene, step)
      case 'answer':
        return await prepareAnswer(this.#scene, step)
      case 'decide':
        return await prepareDecision(this.#scene, step)
      case 'work':
        return await prepareWork(this.#scene, step)
      case 'resend':
        return prepareResend(this.#scene, step.pick)
      case 'zombie':
        return prepareZombie(this.#scene, step)
      case 'beat':
        return prepareBeat(this.#scene, step)
      case 'delete':
        return prepareDelete(this.#scene, step.session)
    }
  }

  /** Sends operations at once, compares what came of them with the model, and lets their senders go on. */
  async #perform(operations: readonly Operation[]): Promise<void> {
    const { connections, sessionIds, tally } = this.#scene
    const touched = new Set(operations.flatMap((operation) => ('beat' in operation ? sessionIds : 'delete' in operation ? [operation.session_id] : [operation.append.session_id])))
    const answered = await Promise.all(operations.map(perform))
    const found = await readSessionViews(connections.pool, [...touched])
    this.#scene.model = this.#explain(answered, found)
    for (const one of answered) this.#note(one)
    const isRefused = answered.length === 1 && 'reply' in answered[0]! && answered[0].reply.outcome !== 'stored'
    for (const [id, session] of found) {
      const before = this.#views.get(id) ?? null
      if (this.#scene.model.sessions.get(id)!.isDeleted) this.#told.get(id)!.deleted ??= session.view
      const broken = findBrokenInvariant(session, before, this.#told.get(id)!)
      if (broken) throw new Violation(`${broken}, after ${operations.map((operation) => operation.name).join(' and ')}`)
      if (isRefused && before && JSON.stringify(before) !== JSON.stringify(session.view)) throw new Violation(`M13: ${operations[0]!.name} was refused and changed something`)
      this.#views.set(id, session.view)
      tally.checks += 1
    }
    for (const one of answered) {
      if ('beat' in one) await one.operation.take(one.beat)
      else if ('reply' in one) await one.operation.finish(one.reply)
    }
  }

  /** Finds an order in which the model does what was done, and answers the model after it. */
  #explain(answered: readonly Answered[], found: ReadonlyMap<string, ReadSession>): WorldModel {
    const complaints: string[] = []
    for (const order of permute(answered)) {
      const model = answered.length > 1 ? this.#scene.model.copy() : this.#scene.model
      let wrong: string | null = null
      for (const one of order) wrong ??= predict(model, one, answered.length === 1)
      for (const [id, { view }] of found) wrong ??= describeDifference(viewSession(model.sessions.get(id)!), view)
      if (wrong === null) return model
      complaints.push(`${order.map((one) => one.operation.name).join(', then ')}: ${wrong}`)
    }
    throw new Violation(`the journal did not do what the model does${answered.length > 1 ? ' in any order' : ''}:\n${complaints.join('\n')}`)
  }

  /** Remembers what callers were told, and counts. */
  #note(answered: Answered): void {
    const { tally } = this.#scene
    tally.count('step', answered.operation.name)
    if ('deleted' in answered) return
    if ('beat' in answered) {
      for (const { claimed, orphaned, recoveries } of answered.beat.held) if (claimed) tally.count('outcome', `beat: claimed${orphaned ? ', orphaned' : ''}, recoveries ${recoveries}`)
      return
    }
    const { operation: { append }, reply } = answered
    const { outcome, delivery, settled } = reply
    if (append.kind === 'checkpoint' && outcome !== 'fenced') tally.count('outcome', `checkpoint: ${outcome}, ${append.turn_status}${settled || append.turn_status === 'running' ? '' : ', but goes on'}`)
    else tally.count('outcome', `${append.kind}: ${outcome}${outcome.startsWith('stored') && delivery ? `, ${delivery}` : ''}`)
    if (append.kind !== 'accept' || (outcome !== 'stored' && outcome !== 'stored_before')) return
    const { accepted, retried, rolledBack } = this.#told.get(append.session_id)!
    if (accepted.has(append.message_id)) return
    const jumps = delivery === 'enqueued' && (append.when_busy === 'interrupt' || append.when_busy === 'rollback')
    accepted.set(append.message_id, { turn_id: reply.turn_id!, sequence: reply.first_sequence!, jumps })
    if (append.retry_of !== null) retried.add(append.retry_of)
    // Behind a cut connection nobody is told whom the message rolled back: it was the turn that was active before.
    const touched = reply.touched_turn_id ?? this.#views.get(append.session_id)?.head.active_turn_id
    if (jumps && append.when_busy === 'rollback' && touched) rolledBack.add(touched)
  }
}

/** Where two views differ, shortly. */
function describeDifference(expected: SessionView, found: SessionView): string | null {
  for (const part of ['head', 'turns', 'messages', 'calls', 'journal'] as const) {
    const [one, other] = [JSON.stringify(expected[part]), JSON.stringify(found[part])]
    if (one !== other) return `the rows of ${part} are\n  ${other}\nand should be\n  ${one}`
  }
  return null
}

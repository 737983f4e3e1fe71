import type { Append, Beat } from '../../src/index.ts'
import type { AppendRow } from '../../src/journal/lane.ts'
import type { Prediction } from './session-model.ts'
import type { WorldModel } from './world-model.ts'

/** What the journal answers: its own words, or the row that `append_checkpoints` gives. */
export type Reply = Partial<AppendRow> & { outcome: string }

interface OperationBase {
  /** As statistics count it. */
  name: string
}

/** An append on its way to the database. */
export interface AppendOperation extends OperationBase {
  append: Append
  resent: boolean
  /** Its first reply was cut off: what is told is what was stored. */
  wasCut: boolean
  waitingMax: number
  send(): Promise<Reply>
  /** What its sender does with the reply. */
  finish(reply: Reply): Promise<void>
}

export interface BeatOperation extends OperationBase {
  workerId: string
  slots: number
  beat(): Promise<TakenBeat>
  take(beat: Beat): Promise<void>
}

/** A beat's answer, and what it does not tell: which suspects are put aside now. */
export type TakenBeat = Beat & { aside: readonly string[] }

/** Answers whether the session was there to be deleted. */
export interface DeleteOperation extends OperationBase {
  session_id: string
  delete(): Promise<boolean>
}

export type Operation = AppendOperation | BeatOperation | DeleteOperation

export type Answered = { operation: AppendOperation; reply: Reply } | { operation: BeatOperation; beat: TakenBeat } | { operation: DeleteOperation; deleted: boolean }

export async function perform(operation: Operation): Promise<Answered> {
  if ('delete' in operation) return { operation, deleted: await operation.delete() }
  return 'append' in operation ? { operation, reply: await operation.send() } : { operation, beat: await operation.beat() }
}

/** Applies what was done to the model. Answers what the model would have answered otherwise, or null. */
export function predict(model: WorldModel, answered: Answered, alone: boolean): string | null {
  if ('deleted' in answered) return model.sessions.get(answered.operation.session_id)!.delete() === answered.deleted ? null : `deleted is ${answered.deleted}`
  if ('beat' in answered) return model.beat(answered.operation.workerId, answered.operation.slots, answered.beat, alone)
  const { append, resent, wasCut, waitingMax } = answered.operation
  const predicted = model.append(append, { resent, waitingMax })
  const difference = findDifference(predicted, answered.reply)
  if (!wasCut || predicted.outcome !== 'stored') return difference
  // The connection was cut after it was stored, or before: then the copy that the journal sends again is the first.
  return findDifference(model.append(append, { resent: true, waitingMax }), answered.reply) && difference
}

/** The journal says `stored` of what was stored before, and tells what its callers need. */
function findDifference(predicted: Prediction, reply: Reply): string | null {
  const isJournals = !('i' in reply)
  const outcome = isJournals && predicted.outcome === 'stored_before' ? 'stored' : predicted.outcome
  if (reply.outcome !== outcome) return `the answer is ${reply.outcome}, not ${predicted.outcome}`
  if (isJournals && outcome !== 'stored' && outcome !== 'duplicate') return null
  for (const key of Object.keys(predicted) as (keyof Prediction)[]) {
    const expected = predicted[key]
    if (key === 'outcome' || expected === undefined || !(key in reply)) continue
    if (reply[key] !== expected) return `${key} of the answer (${reply.outcome}) is ${reply[key]}, not ${expected}`
  }
  return null
}

/** Every order in which operations that were sent at once may have been done. */
export function* permute<T>(items: readonly T[]): Generator<T[]> {
  if (items.length <= 1) return yield [...items]
  for (const [index, item] of items.entries()) {
    for (const rest of permute(items.toSpliced(index, 1))) yield [item, ...rest]
  }
}

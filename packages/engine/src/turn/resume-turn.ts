import { readEvents, readOpenToolCalls, readTurn, readTurnMessages, type CancelReason, type Database, type EventRecord, type StoredTurn } from '@reprise/store'
import type { FoundCall } from './turn-run.ts'
import { readMessageOfTurn, type Turn } from './turn.ts'

export interface ResumedTurn {
  turn: Turn
  foundCalls: ReadonlyMap<string, FoundCall>
  /** The turn's current step may have been begun before. */
  mayHaveRun: boolean
  cancelReason: CancelReason | null
  /** False for a turn that waited behind another: nothing of it but its message has been told yet. */
  hasStarted: boolean
  /** Set when a model call was under way and something of it was stored: it starts over, and streams must hear of it. */
  interruptedCall: InterruptedCall | null
  /** The current step's prompt was compacted, and streams have heard of it. */
  isCompactionTold: boolean
}

interface InterruptedCall {
  /** What it had said since its last `output.message.started`. */
  text: string
  /** False when it had failed already, and was to be tried again. */
  isUnderWay: boolean
}

export interface TurnToResume {
  organization_id: string
  session_id: string
  turn_id: string
  epoch: number
  /** Another worker, or this one, may have begun the turn's current step before. */
  may_have_run: boolean
}

/** Reads a turn from the journal, as far as it has come. Null when it is not the session's active turn any more. */
export async function resumeTurn(db: Database, held: TurnToResume): Promise<ResumedTurn | null> {
  const { organization_id, session_id: sessionId, turn_id: turnId, epoch, may_have_run } = held
  const stored = await readTurn(db, organization_id, turnId)
  if (!stored || stored.epoch !== epoch || stored.checkpoint_number === null || stored.status !== 'running') return null
  const messages = await readTurnMessages(db, organization_id, sessionId, turnId)
  const openCalls = await readOpenToolCalls(db, organization_id, sessionId, turnId)
  const begun = await findBegunCall(db, stored)
  return {
    turn: {
      ...stored,
      epoch,
      checkpoint_number: stored.checkpoint_number,
      created_ms: Date.parse(stored.created_at),
      messages: messages.filter((message) => message.place !== null).flatMap((message) => readMessageOfTurn(message) ?? []),
    },
    foundCalls: new Map(
      openCalls.map(({ id, attempt, effects, decision, was_asked, is_expired }) => [
        id,
        { attempt: may_have_run ? attempt + 1 : attempt, mayHaveRun: may_have_run, effects, decision, wasAsked: was_asked, isExpired: is_expired },
      ]),
    ),
    mayHaveRun: may_have_run,
    cancelReason: stored.cancel_requested,
    hasStarted: stored.checkpoint_number > 0 || begun.hasStarted,
    interruptedCall: begun.interruptedCall,
    isCompactionTold: begun.isCompactionTold,
  }
}

/** What tells how far a model call has come: the last of each is enough. */
const milestones = ['turn.started', 'reason.started', 'reason.completed', 'reason.recovered', 'reason.thinking.started', 'output.message.started', 'output.message.completed', 'context.compacted'] as const
const milestonesMax = 32

async function findBegunCall(db: Database, stored: StoredTurn): Promise<Pick<ResumedTurn, 'hasStarted' | 'interruptedCall' | 'isCompactionTold'>> {
  const { organization_id, session_id, id: turn_id, input_sequence } = stored
  const events = await readEvents(db, { organization_id, session_id, turn_id, types: [...milestones], after_sequence: input_sequence - 1, limit: milestonesMax, newest: true })
  const hasStarted = events.some((event) => event.type === 'turn.started')
  const answered = events.findLastIndex((event) => event.type === 'output.message.completed')
  const isCompactionTold = events.slice(answered + 1).some((event) => event.type === 'context.compacted')
  const settled = events.findLastIndex((event) => event.type === 'output.message.completed' || event.type === 'reason.recovered')
  const since = events.slice(settled + 1)
  const message = since.findLast((event) => event.type === 'output.message.started')
  const isUnderWay = since.findLast((event) => event.type === 'reason.started' || event.type === 'reason.completed')?.type === 'reason.started'
  if (!isUnderWay && !since.some((event) => event.type === 'output.message.started' || event.type === 'reason.thinking.started')) return { hasStarted, interruptedCall: null, isCompactionTold }
  const text = message ? await readDeltas(db, stored, message.sequence) : ''
  return { hasStarted, interruptedCall: { text, isUnderWay }, isCompactionTold }
}

const deltasPerPage = 1_000

async function readDeltas(db: Database, { organization_id, session_id, id: turn_id }: StoredTurn, afterSequence: number): Promise<string> {
  let text = ''
  let after_sequence = afterSequence
  for (;;) {
    const page: EventRecord[] = await readEvents(db, { organization_id, session_id, turn_id, types: ['output.message.delta'], after_sequence, limit: deltasPerPage, newest: false })
    for (const event of page) text += (JSON.parse(event.json) as { data: { delta: string } }).data.delta // written by the journal
    if (page.length < deltasPerPage) return text
    after_sequence = page.at(-1)!.sequence
  }
}

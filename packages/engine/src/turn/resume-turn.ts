import { readEvents, readOpenToolCalls, readTurn, readTurnMessages, type Database, type EventRecord, type StoredTurn } from '@reprise/store'
import { readMessageOfTurn, type Turn } from './turn.ts'

export interface ResumedTurn {
  turn: Turn
  attemptsBefore: Map<string, number>
  /** False for a turn that waited behind another: nothing of it but its message has been told yet. */
  hasStarted: boolean
  /** Set when a model call was under way and something of it was stored: it starts over, and streams must hear of it. */
  interruptedCall: { accumulated_len: number } | null
}

export interface TurnToResume {
  organization_id: string
  session_id: string
  turn_id: string
  epoch: number
}

/** Reads a turn from the journal, as far as it has come. Null when it is not the session's active turn any more. */
export async function resumeTurn(db: Database, { organization_id, session_id: sessionId, turn_id: turnId, epoch }: TurnToResume): Promise<ResumedTurn | null> {
  const stored = await readTurn(db, organization_id, turnId)
  if (!stored || stored.epoch !== epoch || stored.checkpoint_number === null || stored.status !== 'running') return null
  const messages = await readTurnMessages(db, organization_id, sessionId, turnId)
  const openCalls = await readOpenToolCalls(db, organization_id, sessionId, turnId)
  const events = await readTurnEvents(db, stored)
  return {
    turn: {
      ...stored,
      epoch,
      checkpoint_number: stored.checkpoint_number,
      created_ms: Date.parse(stored.created_at),
      messages: messages.flatMap((message) => readMessageOfTurn(message) ?? []),
    },
    attemptsBefore: new Map(openCalls.map((call) => [call.id, call.attempt])),
    hasStarted: stored.checkpoint_number > 0 || events.some((event) => event.type === 'turn.started'),
    interruptedCall: findInterruptedCall(events),
  }
}

/** A turn's events since long enough ago: a call streams at most 20 deltas a second. */
const eventsMax = 1_000

async function readTurnEvents(db: Database, { organization_id, session_id, id, input_sequence }: StoredTurn): Promise<EventRecord[]> {
  return await readEvents(db, { organization_id, session_id, turn_id: id, after_sequence: input_sequence - 1, limit: eventsMax, newest: true })
}

function findInterruptedCall(events: readonly EventRecord[]): { accumulated_len: number } | null {
  const settled = events.findLastIndex((event) => event.type === 'reason.completed' || event.type === 'reason.recovered')
  const call = events.slice(settled + 1)
  if (!call.some((event) => event.type === 'reason.started')) return null
  const deltas = call.slice(call.findLastIndex((event) => event.type === 'output.message.started') + 1)
  let accumulated_len = 0
  for (const event of deltas) {
    if (event.type !== 'output.message.delta') continue
    const { data } = JSON.parse(event.json) as { data: { delta: string } } // written by the journal
    accumulated_len += data.delta.length
  }
  return { accumulated_len }
}

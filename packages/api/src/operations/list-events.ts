import { findEvents, findTimeRange, findTurnRange, type EventFilter, type EventRecord } from '@reprise/store'
import type { Caller, Services } from '../services.ts'
import { checkEventTypes } from './event-filter.ts'
import { findSession } from './find-session.ts'
import type { ListEventsInput } from './list-events-input.ts'
import { readCursor } from './read-cursor.ts'

/** A page of a session's events. Which ones it has, `order_desc` does not change: it only turns them round. */
export async function listEvents(services: Services, caller: Caller, input: ListEventsInput, signal: AbortSignal): Promise<EventRecord[]> {
  const { session_id, since_id, around, after_sequence = 0, before_sequence = Number.MAX_SAFE_INTEGER, limit } = input
  checkEventTypes(input)
  const tip = await findSession(services, caller, session_id)
  const since = since_id === undefined ? 0 : readCursor(session_id, tip, since_id, 'since_id')
  const middle = around === undefined ? null : readCursor(session_id, tip, around, 'around')
  const within = await findRange(services, caller, input)
  if (!within) return []
  const filter = {
    ...pickFilter(input),
    organization_id: caller.organization_id,
    session_id,
    after_sequence: Math.max(since, after_sequence, within.after),
    before_sequence: Math.min(before_sequence, within.before),
    limit,
    newest: since_id === undefined && input.after_sequence === undefined,
  }
  const events = middle === null ? await findEvents(services.db, filter, signal) : await listAround(services, filter, middle, input, signal)
  return input.order_desc ? events.toReversed() : events
}

/** The part of the log that moments and turn leave; null for none of it. */
async function findRange({ db }: Services, caller: Caller, { session_id, from_ts, to_ts, turn_id, exec_id, trace_id }: ListEventsInput) {
  // Nothing here has an execution or a trace: an event of one does not exist.
  if (exec_id !== undefined || trace_id !== undefined) return null
  const ofTurn = turn_id === undefined ? everything : await findTurnRange(db, caller.organization_id, session_id, turn_id)
  if (!ofTurn || (from_ts === undefined && to_ts === undefined)) return ofTurn
  const ofTime = await findTimeRange(db, session_id, from_ts === undefined ? null : Date.parse(from_ts), to_ts === undefined ? null : Date.parse(to_ts))
  return { after: Math.max(ofTurn.after, ofTime.after), before: Math.min(ofTurn.before, ofTime.before) }
}

const everything = { after: 0, before: Number.MAX_SAFE_INTEGER }

/** The event itself, if the filter shows it, and on each side so many of those that it shows. */
async function listAround({ db }: Services, filter: EventFilter, middle: number, { window, limit }: ListEventsInput, signal: AbortSignal): Promise<EventRecord[]> {
  const { after_sequence = 0, before_sequence = Number.MAX_SAFE_INTEGER } = filter
  const eachSide = Math.min(window ?? limit, Math.floor((limit - 1) / 2))
  const before = { ...filter, before_sequence: Math.min(before_sequence, middle), limit: eachSide, newest: true }
  const itself = { ...filter, after_sequence: Math.max(after_sequence, middle - 1), before_sequence: Math.min(before_sequence, middle + 1), limit: 1, newest: false }
  const after = { ...filter, after_sequence: Math.max(after_sequence, middle), limit: eachSide, newest: false }
  const parts = [before, itself, after].filter((part) => part.limit > 0)
  return (await Promise.all(parts.map((part) => findEvents(db, part, signal)))).flat()
}

function pickFilter({ types, exclude, turn_id, tool_name, tags, q }: ListEventsInput): Pick<EventFilter, 'types' | 'exclude' | 'turn_id' | 'tool_name' | 'tags' | 'q'> {
  return { types, exclude, turn_id, tool_name, tags, q }
}

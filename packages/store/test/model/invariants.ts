/**
 * What holds of every session after every step, read from the tables alone and from what callers were told:
 *
 * M1   At most one turn is ready, running or parked; it is the head's active turn, with the head's active status.
 * M2   The head's counts of waiting turns and of messages without a place are those of the rows.
 * M3   Sequences are given without gaps: journal rows meet end to end from 1 to the head's last, each with as many events.
 * M4   Event times never decrease.
 * M5   A message that was accepted is stored exactly once, under the sequence and turn that were told, and its turn is
 *      there; no other user message is.
 * M6   A message has no place only while its turn is active, or when it was cancelled or failed over it. The others of a
 *      turn stand at 0, 1, 2 …
 * M7   A turn that has ended has exactly one terminal event, after all else that it did; another has none.
 * M8   A closed call has exactly one result, an open one none, and no call of an ended turn is open.
 * M9   Turns run in the order of their ordinals: before the active one all have ended, and all behind it wait. Those that
 *      wait are first those that interrupted, latest first, then the others as they were accepted.
 * M10  Of the turns that have ended, those that were rolled back or posted again are in no prompt, and only those.
 * M11  What was written stays: journal rows never change, epoch and sequence never fall, nor does a turn's checkpoint
 *      number, and what has ended stays as it ended.
 * M12  Only a running turn has a worker; only a parked one, or a suspect that is put aside, has a time to wake at.
 * M13  An append that was refused changed nothing.
 * M14  When every worker does what there is to do, every turn ends, and so every accepted message is answered or its turn
 *      is known to have failed or been cancelled.
 * M15  A parked turn waits for something: one of its open calls is awaited. A call is denied exactly when its approver
 *      closed it, and its caller answers none that needs approval and does not have it.
 *
 * M16  Of a deleted session no turn is left to run or to wait, and nothing of it changes any more: of it only this is asked.
 *
 * M1 to M12, M15 and M16 are checked here, M13 and M14 by the world that runs the steps. The journal's answers and rows are compared
 * with those of the model besides.
 */
import { isSuspect } from './world-model.ts'
import type { ReadSession, SessionView, TurnView } from './session-view.ts'

export const invariantsChecked = 16

/** What callers were told of a session. */
export interface Told {
  accepted: Map<string, { turn_id: string; sequence: number; jumps: boolean }>
  /** Turns that were asked to end by a rollback. */
  rolledBack: Set<string>
  /** Failed turns whose message was posted again. */
  retried: Set<string>
  /** What a session that was deleted has held ever since; null for one that is there. */
  deleted: SessionView | null
}

const isActive = (turn: TurnView) => turn.status === 'ready' || turn.status === 'running' || turn.status === 'parked'
const terminalTypes = new Set(['turn.completed', 'turn.failed', 'turn.cancelled'])

/** Says which invariant does not hold, and where; null when all do. */
export function findBrokenInvariant({ view, last_event_ms, event_ms }: ReadSession, before: SessionView | null, told: Told): string | null {
  if (told.deleted) return checkDeleted(view, told.deleted)
  return (
    checkHead(view) ?? checkJournal(view, last_event_ms, event_ms) ?? checkMessages(view, told) ?? checkEnds(view) ?? checkCalls(view) ??
    checkOrder(view, told) ?? checkExclusions(view, told) ?? (before && checkPast(view, before)) ?? checkOwners(view) ?? checkDecisions(view)
  )
}

function checkDeleted(view: SessionView, since: SessionView): string | null {
  const left = view.turns.find((turn) => !turn.has_ended || turn.worker_id !== null)
  if (left || view.head.active_turn_id !== null || view.head.turns_waiting > 0) return `M16: ${left?.id ?? 'a turn'} of a deleted session is ${left?.status ?? 'active'}`
  return JSON.stringify(view) === JSON.stringify(since) ? null : 'M16: a deleted session changed'
}

function checkHead({ head, turns, messages }: SessionView): string | null {
  const active = turns.filter(isActive)
  if (active.length > 1) return 'M1: two turns are active'
  if ((active[0]?.id ?? null) !== head.active_turn_id || (active[0]?.status ?? null) !== head.active_status) return 'M1: the active turn is not the head’s'
  if (turns.filter((turn) => turn.status === 'waiting').length !== head.turns_waiting) return 'M2: turns_waiting'
  if (messages.filter((message) => message.place === null && message.turn_id === head.active_turn_id).length !== head.pending_steers) return 'M2: pending_steers'
  return null
}

function checkJournal({ head, journal }: SessionView, lastEventMs: number, eventMs: readonly number[]): string | null {
  let last = 0
  for (const row of journal) {
    if (row.first_sequence !== last + 1 || row.last_sequence < row.first_sequence) return `M3: after ${last} comes ${row.first_sequence} to ${row.last_sequence}`
    if (row.event_types.split(' ').length !== row.last_sequence - last) return `M3: ${row.first_sequence} to ${row.last_sequence} holds ${row.event_types}`
    last = row.last_sequence
  }
  if (last !== head.last_sequence) return `M3: the journal ends at ${last}, the head says ${head.last_sequence}`
  if (eventMs.some((ms, index) => index > 0 && ms < eventMs[index - 1]!) || eventMs.at(-1)! > lastEventMs) return 'M4: an event is older than the one before it'
  return null
}

function checkMessages({ messages, turns, head }: SessionView, { accepted }: Told): string | null {
  const ofUsers = messages.filter((message) => message.role === 'user')
  if (new Set(messages.map((message) => message.id)).size !== messages.length) return 'M5: a message is stored twice'
  if (ofUsers.length !== accepted.size) return `M5: ${ofUsers.length} messages of users are stored, ${accepted.size} were accepted`
  for (const { id, sequence, turn_id } of ofUsers) {
    const one = accepted.get(id)
    if (one?.sequence !== sequence || one.turn_id !== turn_id) return `M5: ${id} is not stored as it was accepted`
  }
  const turnsById = new Map(turns.map((turn) => [turn.id, turn]))
  const places = new Map<string, number[]>()
  for (const { turn_id, place, id } of messages) {
    const turn = turnsById.get(turn_id)
    if (!turn) return `M5: the turn of ${id} is not there`
    if (place !== null) places.set(turn_id, [...(places.get(turn_id) ?? []), place])
    else if (turn_id !== head.active_turn_id && turn.status !== 'cancelled' && turn.status !== 'failed') return `M6: ${id} never got a place`
  }
  for (const [turn, taken] of places) {
    if (taken.sort((one, other) => one - other).some((place, index) => place !== index)) return `M6: places of ${turn}: ${taken.join(' ')}`
  }
  return null
}

function checkEnds({ turns, journal }: SessionView): string | null {
  const events = new Map<string, string[]>()
  for (const { turn_id, event_types, edge, delivery } of journal) {
    if (turn_id === null) continue
    const types = event_types.split(' ')
    // The session's own event may follow the turn's last.
    if (edge && delivery === null) types.pop()
    const known = events.get(turn_id)
    if (known) known.push(...types)
    else events.set(turn_id, types)
  }
  for (const { id, status, has_ended } of turns) {
    const types = events.get(id) ?? []
    const ends = types.filter((type) => terminalTypes.has(type))
    const shouldEnd = status === 'completed' || status === 'failed' || status === 'cancelled'
    if (has_ended !== shouldEnd || ends.length !== (shouldEnd ? 1 : 0)) return `M7: ${id} is ${status} and has ${ends.length} terminal events`
    if (shouldEnd && types.at(-1) !== `turn.${status}`) return `M7: ${id} is ${status}, its last event ${types.at(-1)}`
  }
  return null
}

function checkCalls({ calls, messages, turns }: SessionView): string | null {
  const ended = new Set(turns.filter((turn) => turn.has_ended).map((turn) => turn.id))
  const results = new Map<string, number>()
  for (const { turn_id, call_id } of messages) if (call_id !== null) results.set(`${turn_id} ${call_id}`, (results.get(`${turn_id} ${call_id}`) ?? 0) + 1)
  for (const { turn_id, id, closed_by } of calls) {
    const count = results.get(`${turn_id} ${id}`) ?? 0
    if (count !== (closed_by === null ? 0 : 1)) return `M8: ${id} of ${turn_id} is ${closed_by === null ? 'open' : `closed by ${closed_by}`} with ${count} results`
    if (closed_by === null && ended.has(turn_id)) return `M8: ${id} of ${turn_id} was left open`
  }
  return results.size > calls.length ? 'M8: there are results without calls' : null
}

function checkOrder({ turns, head }: SessionView, { accepted }: Told): string | null {
  const active = turns.find((turn) => turn.id === head.active_turn_id)
  if (!active && turns.some((turn) => turn.status === 'waiting')) return 'M9: turns wait for nothing'
  for (const { id, ordinal, status, has_ended } of turns) {
    if (ordinal < 1 || ordinal > head.last_ordinal) return `M9: ${id} has ordinal ${ordinal}`
    if (active && ordinal < active.ordinal && !has_ended) return `M9: ${id} was passed over`
    if (active && ordinal > active.ordinal && status !== 'waiting' && status !== 'cancelled') return `M9: ${id} ran before its time`
  }
  const waiting = turns.filter((turn) => turn.status === 'waiting')
  const jumps = (turn: TurnView) => accepted.get(turn.input_message_id)?.jumps === true
  const inOrder = [
    ...waiting.filter(jumps).sort((one, other) => other.input_sequence - one.input_sequence),
    ...waiting.filter((turn) => !jumps(turn)).sort((one, other) => one.input_sequence - other.input_sequence),
  ]
  return waiting.some((turn, index) => turn !== inOrder[index]) ? `M9: ${waiting.map((turn) => turn.id).join(' ')} wait in the wrong order` : null
}

function checkExclusions({ turns }: SessionView, { rolledBack, retried }: Told): string | null {
  for (const { id, status, is_excluded } of turns) {
    const should = (status === 'cancelled' && rolledBack.has(id)) || retried.has(id)
    if (is_excluded !== should) return `M10: ${id} is ${is_excluded ? '' : 'not '}excluded from prompts`
  }
  return null
}

function checkPast(view: SessionView, before: SessionView): string | null {
  if (before.journal.some((row, index) => JSON.stringify(row) !== JSON.stringify(view.journal[index]))) return 'M11: the journal was rewritten'
  if (view.head.epoch < before.head.epoch) return 'M11: the epoch fell'
  const isSameTurn = view.head.active_turn_id === before.head.active_turn_id
  if (isSameTurn && view.head.checkpoint_number < before.head.checkpoint_number) return 'M11: the checkpoint number fell'
  const now = new Map(view.turns.map((turn) => [turn.id, turn]))
  for (const turn of before.turns) {
    const later = now.get(turn.id)
    if (!later) return `M11: ${turn.id} is gone`
    if (turn.has_ended && (later.status !== turn.status || later.ordinal !== turn.ordinal)) return `M11: ${turn.id} had ended as ${turn.status} and is ${later.status}`
  }
  return null
}

function checkOwners({ turns }: SessionView): string | null {
  for (const { id, status, worker_id, wakes, recoveries } of turns) {
    if ((status === 'running') !== (worker_id !== null)) return `M12: ${id} is ${status} and has ${worker_id === null ? 'no worker' : 'a worker'}`
    const mayWake = status === 'parked' || (status === 'ready' && isSuspect(recoveries))
    if (wakes ? !mayWake : status === 'parked') return `M12: ${id} is ${status} and has ${wakes ? 'a' : 'no'} time to wake at`
  }
  return null
}

function checkDecisions({ turns, calls }: SessionView): string | null {
  for (const { id, status } of turns) {
    const isAwaited = calls.some((call) => call.turn_id === id && call.closed_by === null && call.has_deadline)
    if (status === 'parked' && !isAwaited) return `M15: ${id} waits for nothing`
  }
  for (const { id, turn_id, closed_by, decision } of calls) {
    if ((closed_by === 'approver') !== (decision === 'deny')) return `M15: ${id} of ${turn_id} has the decision ${decision} and was closed by ${closed_by}`
    if (closed_by === 'caller' && decision === 'required') return `M15: ${id} of ${turn_id} was answered without approval`
  }
  return null
}

import { turnHasEnded } from '@reprise/contract'
import type { SessionModel } from './session-model.ts'
import type { SessionView } from './session-view.ts'

/** What the tables have to hold of a session, key for key as `readSessionViews` reads it. */
export function viewSession(session: SessionModel): SessionView {
  const { active } = session
  return {
    head: {
      last_sequence: session.lastSequence,
      last_ordinal: session.lastOrdinal,
      active_turn_id: active?.id ?? null,
      active_status: active?.status ?? null,
      epoch: session.epoch,
      checkpoint_number: session.checkpointNumber,
      turns_waiting: session.waiting.length,
      pending_steers: session.pendingSteers.length,
      cancel_requested: session.cancelRequested,
    },
    turns: session.turns
      .map(({ id, ordinal, status, worker_id, recoveries, attempt, input_message_id, input_sequence, is_excluded, error_code, retry_of, wakes }) => ({
        id, ordinal, status, worker_id, recoveries, attempt, input_message_id, input_sequence, is_excluded, error_code, retry_of, wakes, has_ended: turnHasEnded[status],
      }))
      .sort((one, other) => one.ordinal - other.ordinal),
    messages: session.messages,
    calls: session.turns
      .flatMap((turn) => turn.calls.map((call) => ({ turn_id: turn.id, ...call })))
      .sort((one, other) => compare(one.turn_id, other.turn_id) || compare(one.id, other.id)),
    journal: session.journal.map(({ first_sequence, last_sequence, turn_id, message_id, epoch, checkpoint_number, edge, settled, delivery, event_types }) => ({
      first_sequence, last_sequence, turn_id, message_id, epoch, checkpoint_number, edge, settled, delivery, event_types,
    })),
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

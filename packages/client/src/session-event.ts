import type { Event, EventData, EventType } from '@reprise/contract'

/** An event whose `type` says what is in its `data`. */
export type SessionEvent = { [T in EventType]: Omit<Event, 'type' | 'data'> & { type: T; data: EventData[T] } }[EventType]

/** What an event may say about a turn's end; nothing of the turn comes after it. */
export function isTurnEnd(event: SessionEvent): event is Extract<SessionEvent, { type: 'turn.completed' | 'turn.failed' | 'turn.cancelled' }> {
  return event.type === 'turn.completed' || event.type === 'turn.failed' || event.type === 'turn.cancelled'
}

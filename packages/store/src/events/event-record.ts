import type { EventType, MessageRole } from '@reprise/contract'
import { makeEventId } from '../event-id.ts'
import type { NewEvent } from '../journal/append.ts'
import type { Committed } from '../journal/journal.ts'
import { writeMessage, type StoredMessage } from '../messages/write-message.ts'

/** An event ready to be sent. Its JSON is written once, however many streams send it. */
export interface EventRecord {
  id: string
  sequence: number
  type: EventType
  json: string
}

interface EventOrigin {
  session_id: string
  sequence: number
  event_ms: number
  turn_id: string | null
  input_message_id: string | null
}

/** Writes an event, putting in the message of its sequence if it has one. */
export function writeEvent(event: NewEvent, origin: EventOrigin, message: StoredMessage | null): EventRecord {
  const { session_id, sequence, event_ms, turn_id, input_message_id } = origin
  const id = makeEventId(session_id, sequence, event_ms)
  const context = turn_id === null ? '{}' : `{"turn_id":"${turn_id}","input_message_id":"${input_message_id}"}`
  const data = message ? putMessage(event, message) : event.data_json
  const json =
    `{"id":"${id}","type":"${event.type}","ts":"${new Date(event_ms).toISOString()}","session_id":"${session_id}",` +
    `"sequence":${sequence},"context":${context},"data":${data}}`
  return { id, sequence, type: event.type, json }
}

/** The events of a commit, from what was sent to the journal: nothing is read back. */
export function writeCommittedEvents({ append, first_sequence, event_ms, edge }: Committed): EventRecord[] {
  const { session_id, turn_id, message_id: input_message_id } = append
  const events = edge ? [...append.events, ...append.edge_events] : append.events
  const created_at = new Date(event_ms).toISOString()
  return events.map((event, index) => {
    const sequence = first_sequence + index
    const message = append.messages.find((candidate) => candidate.event_index === index)
    const stored = message ? { ...message, session_id, turn_id, sequence, created_at } : null
    return writeEvent(event, { session_id, sequence, event_ms, turn_id, input_message_id }, stored)
  })
}

/** A tool result's event shows the result itself; every other event that has a message shows the message. */
function putMessage(event: NewEvent, message: StoredMessage): string {
  if (message.role === ('tool_result' satisfies MessageRole)) {
    const [part] = JSON.parse(message.content_json) as [{ result?: unknown; error?: string }] // written by the engine: one part
    const { result, error } = part
    return joinObjects(JSON.stringify({ result, error }), event.data_json)
  }
  return joinObjects(`{"message":${writeMessage(message)}}`, event.data_json)
}

/** `{"a":1}` and `{"b":2}` are `{"a":1,"b":2}`. */
function joinObjects(first: string, second: string): string {
  if (second === '{}') return first
  if (first === '{}') return second
  return `${first.slice(0, -1)},${second.slice(1)}`
}

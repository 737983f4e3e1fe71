import type { EventType, MessageRole, ToolResultPart } from '@reprise/contract'
import { makeEventId } from '../event-id.ts'
import type { NewEvent } from '../journal/append.ts'
import type { Committed } from '../journal/journal.ts'
import { writeMessage, type StoredMessage } from '../messages/write-message.ts'

interface EventOrigin {
  session_id: string
  sequence: number
  event_ms: number
  turn_id: string | null
  input_message_id: string | null
}

/** An event ready to be sent. Its id and its JSON are written when first asked for, and once, however many streams send it. */
export class EventRecord {
  readonly type: EventType
  readonly sequence: number
  readonly turn_id: string | null
  readonly #event: NewEvent
  readonly #origin: EventOrigin
  /** The message of this sequence, where the event brings one. */
  readonly #message: StoredMessage | null
  #id: string | null = null
  #json: string | null = null

  constructor(event: NewEvent, origin: EventOrigin, message: StoredMessage | null) {
    this.type = event.type
    this.sequence = origin.sequence
    this.turn_id = origin.turn_id
    this.#event = event
    this.#origin = origin
    this.#message = message
  }

  get id(): string {
    const { session_id, sequence, event_ms } = this.#origin
    this.#id ??= makeEventId(session_id, sequence, event_ms)
    return this.#id
  }

  get ts(): string {
    return new Date(this.#origin.event_ms).toISOString()
  }

  get json(): string {
    this.#json ??= this.#write()
    return this.#json
  }

  /** About how much memory it holds, in characters. */
  get size(): number {
    return this.#event.data_json.length + (this.#message?.content_json.length ?? 0)
  }

  #write(): string {
    const { session_id, sequence, turn_id, input_message_id } = this.#origin
    const context = turn_id === null ? '{}' : `{"turn_id":"${turn_id}","input_message_id":"${input_message_id}"}`
    const data = this.#message ? putMessage(this.#event, this.#message) : this.#event.data_json
    return (
      `{"id":"${this.id}","type":"${this.type}","ts":"${this.ts}","session_id":"${session_id}",` +
      `"sequence":${sequence},"context":${context},"data":${data}}`
    )
  }
}

/** The events of a commit, from what was sent to the journal: nothing is read back. Null where only the table knows. */
export function recordCommittedEvents({ append, turn_id, first_sequence, event_ms, edge, settled }: Committed): EventRecord[] | null {
  if (append.kind === 'cancel') return null
  const { session_id, message_id: input_message_id } = append
  const events = [...append.events, ...(settled && append.kind === 'checkpoint' ? append.settle_events : []), ...(edge ? append.edge_events : [])]
  const created_at = new Date(event_ms).toISOString()
  return events.map((event, index) => {
    const sequence = first_sequence + index
    const message = append.messages.find((candidate) => candidate.event_index === index)
    const stored = message ? { ...message, session_id, turn_id, sequence, created_at } : null
    return new EventRecord(event, { session_id, sequence, event_ms, turn_id, input_message_id }, stored)
  })
}

/** A tool result's event shows the result itself; every other event that has a message shows the message. */
function putMessage(event: NewEvent, message: StoredMessage): string {
  if (message.role === ('tool_result' satisfies MessageRole)) {
    const [part] = JSON.parse(message.content_json) as [ToolResultPart] // written by the engine: one part
    const { result, error, images, value_id } = part
    return joinObjects(JSON.stringify({ result, error, images, value_id }), event.data_json)
  }
  return joinObjects(`{"message":${writeMessage(message)}}`, event.data_json)
}

/** `{"a":1}` and `{"b":2}` are `{"a":1,"b":2}`. */
function joinObjects(first: string, second: string): string {
  if (second === '{}') return first
  if (first === '{}') return second
  return `${first.slice(0, -1)},${second.slice(1)}`
}

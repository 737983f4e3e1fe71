/**
 * What every session's events must say, whatever crashed meanwhile:
 *
 * V1  Sequences rise by one from 1, and ids with them.
 * V2  A turn starts once and ends once, after all else that it does; turns come one after the other, in the order in
 *     which their messages came.
 * V3  The deltas since the last `output.message.started` are the completed text, and thinking likewise. A call that
 *     starts over after something of it was told is announced by `reason.recovered`.
 * V4  A tool call starts once and is answered once.
 */
import type { Event, EventData, EventType, Message } from '@reprise/contract'
import type { Violation, ViolationKind } from './violation.ts'

export interface TurnTold {
  id: string
  /** Null for a turn that has not ended. */
  end: 'completed' | 'failed' | 'cancelled' | null
  error: string | null
  /** The agent's messages, in order. */
  answers: Message[]
  committed: CommittedEvent[]
}

/** When an event was committed, in ms by the database's clock. */
export interface CommittedEvent {
  at: number
  type: string
}

export interface SessionTold {
  turns: Map<string, TurnTold>
  violations: Violation[]
  recoveredCalls: number
}

export function checkEvents(events: readonly Event[]): SessionTold {
  const reader = new EventReader()
  for (const event of events) reader.read(event)
  return reader
}

const terminalTypes = { 'turn.completed': 'completed', 'turn.failed': 'failed', 'turn.cancelled': 'cancelled' } as const satisfies Partial<Record<EventType, TurnTold['end']>>

class EventReader implements SessionTold {
  readonly turns = new Map<string, TurnTold>()
  readonly violations: Violation[] = []
  recoveredCalls = 0
  readonly #inputSequences = new Map<string, number>()
  readonly #startedTurns = new Set<string>()
  readonly #startedCalls = new Set<string>()
  readonly #answeredCalls = new Set<string>()
  #last: Event | null = null
  #lastInputSequence = 0
  #activeTurnId: string | null = null
  /** Deltas since the last start; null: none has started since the last was completed. */
  #text: string | null = null
  #thinking: string | null = null
  /** Something of a model call was told since the last that was completed or announced to start over. */
  #isCallTold = false

  read(event: Event): void {
    this.#checkSequence(event)
    const turn = this.#findTurn(event)
    if (turn) turn.committed.push({ at: Date.parse(event.ts), type: event.type })
    switch (event.type) {
      case 'input.message': {
        const { message } = dataOf<'input.message'>(event)
        this.#inputSequences.set(message.id, event.sequence)
        break
      }
      case 'turn.started':
        this.#startTurn(event)
        break
      case 'turn.completed':
      case 'turn.failed':
      case 'turn.cancelled':
        this.#endTurn(event, turn, terminalTypes[event.type])
        break
      case 'reason.started':
        if (this.#isCallTold) this.#flag('stream', event, 'the model is called again after something of its answer was told, and no reason.recovered says so')
        this.#thinking = null
        break
      case 'reason.recovered':
        this.recoveredCalls += 1
        this.#isCallTold = false
        this.#text = null
        this.#thinking = null
        break
      case 'tool.started':
        this.#countCall(event, this.#startedCalls, dataOf<'tool.started'>(event).tool_call.id, 'starts')
        break
      case 'tool.completed':
        this.#countCall(event, this.#answeredCalls, dataOf<'tool.completed'>(event).tool_call_id, 'is answered')
        break
      default:
        this.#readText(event, turn)
    }
  }

  #readText(event: Event, turn: TurnTold | null): void {
    switch (event.type) {
      case 'reason.thinking.started':
        this.#isCallTold = true
        this.#thinking = ''
        break
      case 'reason.thinking.delta':
        if (this.#thinking === null) this.#flag('stream', event, 'a thinking delta without a start before it')
        this.#thinking = (this.#thinking ?? '') + dataOf<'reason.thinking.delta'>(event).delta
        break
      case 'reason.thinking.completed':
        this.#compare(event, 'thinking', this.#thinking, dataOf<'reason.thinking.completed'>(event).thinking)
        break
      case 'output.message.started':
        this.#isCallTold = true
        this.#text = ''
        break
      case 'output.message.delta':
        if (this.#text === null) this.#flag('stream', event, 'a delta without a start before it')
        this.#text = (this.#text ?? '') + dataOf<'output.message.delta'>(event).delta
        break
      case 'output.message.completed': {
        const { message } = dataOf<'output.message.completed'>(event)
        this.#compare(event, 'text', this.#text, textOf(message))
        this.#text = null
        this.#isCallTold = false
        turn?.answers.push(message)
        break
      }
    }
  }

  #checkSequence(event: Event): void {
    const expected = (this.#last?.sequence ?? 0) + 1
    if (event.sequence !== expected) this.#flag('out of order', event, `sequence ${expected} was expected, and ${event.sequence} came`)
    if (this.#last && event.id <= this.#last.id) this.#flag('out of order', event, `its id ${event.id} is not above ${this.#last.id}`)
    this.#last = event
  }

  #findTurn({ context, type }: Event): TurnTold | null {
    const id = context.turn_id
    if (id === undefined || type === 'session.idled') return null
    const turn = this.turns.get(id) ?? { id, end: null, error: null, answers: [], committed: [] }
    this.turns.set(id, turn)
    return turn
  }

  #startTurn(event: Event): void {
    const { turn_id, input_message_id } = dataOf<'turn.started'>(event)
    if (this.#startedTurns.has(turn_id)) this.#flag('doubled', event, 'the turn starts a second time')
    if (this.#activeTurnId !== null && this.#activeTurnId !== turn_id) this.#flag('out of order', event, `it starts while ${this.#activeTurnId} runs`)
    const sequence = this.#inputSequences.get(input_message_id)
    if (sequence === undefined) this.#flag('lost', event, `it starts without its message ${input_message_id}`)
    else if (sequence < this.#lastInputSequence) this.#flag('out of order', event, 'a turn whose message came later has started before it')
    this.#lastInputSequence = sequence ?? this.#lastInputSequence
    this.#startedTurns.add(turn_id)
    this.#activeTurnId = turn_id
  }

  #endTurn(event: Event, turn: TurnTold | null, end: TurnTold['end']): void {
    if (!turn) return this.#flag('transcript', event, 'a turn ends, and the event does not say which')
    if (turn.end !== null) this.#flag('doubled', event, `the turn has ended before: ${turn.end}, and now ${end}`)
    // Only a turn that still waited may be cancelled without having started.
    if (!this.#startedTurns.has(turn.id) && end !== 'cancelled') this.#flag('out of order', event, 'the turn ends without having started')
    turn.end = end
    if (event.type === 'turn.failed') turn.error = dataOf<'turn.failed'>(event).error_code
    if (this.#activeTurnId === turn.id) this.#activeTurnId = null
    this.#text = null
    this.#thinking = null
    this.#isCallTold = false
  }

  #countCall(event: Event, seen: Set<string>, callId: string, what: string): void {
    const key = `${event.context.turn_id} ${callId}`
    if (seen.has(key)) this.#flag('doubled', event, `the tool call ${callId} ${what} a second time`)
    seen.add(key)
  }

  #compare(event: Event, what: string, told: string | null, completed: string): void {
    if (told === null) this.#flag('stream', event, `${what} is completed without a start before it`)
    else if (told !== completed) this.#flag('stream', event, `the deltas of the ${what} make ${JSON.stringify(told)}, and completed is ${JSON.stringify(completed)}`)
  }

  #flag(kind: ViolationKind, { session_id, context, type, sequence }: Event, what: string): void {
    this.violations.push({ kind, session_id, turn_id: context.turn_id ?? null, what: `${type} (${sequence}): ${what}` })
  }
}

export function textOf({ content }: Message): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function dataOf<T extends EventType>(event: Event): EventData[T] {
  return event.data as unknown as EventData[T] // the contract's own shape for this type
}

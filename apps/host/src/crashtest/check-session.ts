import type { Event, Message, ToolCallPart, ToolResultPart } from '@reprise/contract'
import { checkEvents, textOf, type SessionTold, type TurnTold } from './check-events.ts'
import { atMostOnceTools, ledgerTools, type Exchange, type PlannedCall, type PlannedStep } from './exchange.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Accepted, PlayedSession } from './scene.ts'
import type { Violation, ViolationKind } from './violation.ts'

export interface SessionRecord {
  session: PlayedSession
  events: readonly Event[]
  messages: readonly Message[]
  entriesFor(marker: string): readonly LedgerEntry[]
}

export interface SessionChecked extends SessionTold {
  /** Calls of tools that must not run twice, of which nobody can say whether they ran. */
  outcomesUnknown: number
}

/** Holds what a session has become against what was said in it. */
export function checkSession(record: SessionRecord): SessionChecked {
  const told = checkEvents(record.events)
  const check = new SessionCheck(record, told)
  check.run()
  return { ...told, recoveredCalls: told.recoveredCalls, violations: [...told.violations, ...check.violations], outcomesUnknown: check.outcomesUnknown }
}

class SessionCheck {
  readonly violations: Violation[] = []
  outcomesUnknown = 0
  readonly #record: SessionRecord
  readonly #told: SessionTold

  constructor(record: SessionRecord, told: SessionTold) {
    this.#record = record
    this.#told = told
  }

  run(): void {
    const { accepted } = this.#record.session
    for (const one of accepted) this.#checkMessage(one)
    this.#checkUninvited()
    // A message that joined a running turn is part of that turn's exchange.
    for (const one of accepted.filter((one) => !findHost(one, accepted))) {
      const joined = accepted.filter((other) => other !== one && other.turn_id === one.turn_id)
      this.#checkTurn(one, joined.map(({ exchange }) => exchange))
    }
  }

  #checkMessage({ message_id, turn_id, sequence, exchange }: Accepted): void {
    const stored = this.#record.messages.filter(({ role, content }) => role === 'user' && textOf({ content } as Message) === exchange.text) // only its content is read
    const own = stored.find(({ id }) => id === message_id)
    if (!own) return this.#flag('lost', turn_id, `${message_id} was accepted (${exchange.marker}), and is not there`)
    if (own.sequence !== sequence || own.turn_id !== turn_id) this.#flag('transcript', turn_id, `${message_id} was accepted as ${sequence} of ${turn_id}, and is stored as ${own.sequence} of ${own.turn_id}`)
    if (stored.length > 1) this.#flag('doubled', turn_id, `${exchange.marker} was accepted once, and is stored as ${stored.map(({ id }) => id).join(' and ')}`)
  }

  /** What was posted and never answered may be there or not; anything else was never posted. */
  #checkUninvited(): void {
    const { accepted, refused } = this.#record.session
    const known = new Set(accepted.map(({ message_id }) => message_id))
    for (const message of this.#record.messages) {
      if (message.role !== 'user' || known.has(message.id) || refused.some((marker) => textOf(message).includes(marker))) continue
      if (accepted.some(({ exchange }) => exchange.text === textOf(message))) continue // counted as doubled
      this.#flag('transcript', message.turn_id, `${message.id} was never posted`)
    }
  }

  #checkTurn(one: Accepted, joined: readonly Exchange[]): void {
    const turn = this.#told.turns.get(one.turn_id)
    if (!turn || turn.end === null) return this.#flag('stuck', one.turn_id, `${one.shape}: it was accepted (${one.exchange.marker}), and has not ended`)
    const { exchange, cancel, shape } = one
    if (turn.end === 'failed' && !exchange.fails) return this.#flag('wrongly dead-lettered', turn.id, `${shape}: it failed with ${turn.error}`)
    if (turn.end === 'cancelled' && cancel === 'no') return this.#flag('wrongly cancelled', turn.id, `${shape}: nobody asked for it`)
    if (turn.end === 'completed' && cancel === 'must') this.#flag('transcript', turn.id, `${shape}: the server had said that it is cancelled, and it completed`)
    if (turn.end === 'completed' && exchange.fails) this.#flag('transcript', turn.id, `${shape}: it completed, and was to fail`)
    this.#checkAnswers(turn, exchange, joined, shape)
    this.#checkCalls(turn, exchange, shape)
  }

  #checkAnswers(turn: TurnTold, { steps, fails }: Exchange, joined: readonly Exchange[], shape: string): void {
    const stored = this.#record.messages.filter(({ role, turn_id }) => role === 'agent' && turn_id === turn.id)
    if (stored.map(({ id }) => id).join() !== turn.answers.map(({ id }) => id).join()) this.#flag('transcript', turn.id, `${shape}: the events tell other answers than the messages`)
    const answers = stored.filter((message) => !isMarked(message, 'notice'))
    if (turn.end === 'failed' && stored.length - answers.length !== 1) this.#flag('transcript', turn.id, `${shape}: a failed turn says so once, not ${stored.length - answers.length} times`)
    // A message that joined when the script was over is echoed; one that joined earlier leaves the script going.
    const echoes: PlannedStep[] = joined.map(({ text }) => ({ text: `You said: ${text}` }))
    const expected = answers.length > steps.length ? [...steps, ...echoes] : steps
    if (turn.end === 'completed' && !fails && answers.length !== expected.length) {
      this.#flag(answers.length > expected.length ? 'doubled' : 'lost', turn.id, `${shape}: ${expected.length} answers were expected, and there are ${answers.length}`)
    }
    answers.forEach((answer, index) => {
      const step = expected[index]
      if (step) this.#checkAnswer(turn, answer, step, shape)
      else if (turn.end !== 'completed') this.#flag('doubled', turn.id, `${shape}: answer ${index + 1} of ${expected.length}`)
    })
  }

  #checkAnswer(turn: TurnTold, answer: Message, step: PlannedStep, shape: string): void {
    const text = textOf(answer)
    const planned = step.text ?? ''
    const isCutOff = isMarked(answer, 'interrupted')
    if (isCutOff ? !planned.startsWith(text) : planned !== text) this.#flag('transcript', turn.id, `${shape}: ${JSON.stringify(planned)} was expected, and it says ${JSON.stringify(text)}`)
    if (isCutOff) return
    if ((answer.thinking ?? '') !== (step.thinking ?? '') || (answer.thinking_signature ?? '') !== (step.signature ?? '')) {
      this.#flag('transcript', turn.id, `${shape}: the thinking is not what the model thought: ${JSON.stringify(answer.thinking)}, signed ${answer.thinking_signature}`)
    }
    const calls = callsOf(answer).map(({ name, arguments: args }) => ({ name, arguments: args }))
    const plannedCalls = (step.calls ?? []).map(({ name, arguments: args }) => ({ name, arguments: args }))
    if (JSON.stringify(calls) !== JSON.stringify(plannedCalls)) this.#flag('transcript', turn.id, `${shape}: the calls ${JSON.stringify(plannedCalls)} were expected, and there are ${JSON.stringify(calls)}`)
  }

  #checkCalls(turn: TurnTold, { steps }: Exchange, shape: string): void {
    const ofTurn = this.#record.messages.filter(({ turn_id }) => turn_id === turn.id)
    const results = ofTurn.filter(({ role }) => role === 'tool_result').flatMap(resultsOf)
    const planned = steps.flatMap(({ calls = [] }) => calls)
    for (const call of ofTurn.flatMap(callsOf)) {
      const own = results.filter(({ tool_call_id }) => tool_call_id === call.id)
      if (own.length !== 1) this.#flag(own.length === 0 ? 'lost' : 'doubled', turn.id, `${shape}: the call ${call.id} of ${call.name} has ${own.length} results`)
      const plan = planned.find((one) => one.name === call.name && JSON.stringify(one.arguments) === JSON.stringify(call.arguments))
      if (plan && own[0]) this.#checkResult(turn, plan, own[0], shape)
    }
  }

  #checkResult(turn: TurnTold, plan: PlannedCall, { result, error }: ToolResultPart, shape: string): void {
    const isRight = error === undefined && JSON.stringify(result) === JSON.stringify(plan.result)
    const isUnknown = error?.startsWith('outcome_unknown') === true
    if (isUnknown && atMostOnceTools.has(plan.name)) this.outcomesUnknown += 1
    // A cancel answers what is still open; a tool that must not run twice may have been interrupted.
    if (!isRight && turn.end !== 'cancelled' && !(isUnknown && atMostOnceTools.has(plan.name))) {
      this.#flag('transcript', turn.id, `${shape}: ${plan.name} was to answer ${JSON.stringify(plan.result)}, and answered ${JSON.stringify(error ?? result)}`)
    }
    if (!ledgerTools.has(plan.name)) return
    const { marker } = plan.arguments as { marker: string } // they take an order of the ledger
    const entries = this.#record.entriesFor(marker)
    const effects = entries.reduce((sum, entry) => sum + entry.effects, 0)
    const deliveries = entries.reduce((sum, entry) => sum + entry.deliveries, 0)
    const expected = isRight ? 'one effect under one key' : 'at most one effect under one key'
    if (entries.length > 1 || effects > 1 || (isRight && effects !== 1)) this.#flag('effects', turn.id, `${shape}: ${plan.name} ${marker}: ${expected}, and there are ${effects} under ${entries.length}`)
    if (atMostOnceTools.has(plan.name) && deliveries > 1) this.#flag('effects', turn.id, `${shape}: ${marker} was delivered ${deliveries} times, and at most once is promised`)
  }

  #flag(kind: ViolationKind, turn_id: string | null, what: string): void {
    this.violations.push({ kind, session_id: this.#record.session.id, turn_id, what })
  }
}

/** The message whose turn this one joined. */
function findHost(one: Accepted, accepted: readonly Accepted[]): Accepted | undefined {
  return accepted.find((other) => other.turn_id === one.turn_id && other.sequence < one.sequence)
}

function isMarked({ metadata }: Message, mark: 'notice' | 'interrupted'): boolean {
  return (metadata as Record<string, unknown> | null)?.[mark] === true // null or an object, by the contract
}

function callsOf({ content }: Message): ToolCallPart[] {
  return content.filter((part) => part.type === 'tool_call')
}

function resultsOf({ content }: Message): ToolResultPart[] {
  return content.filter((part) => part.type === 'tool_result')
}

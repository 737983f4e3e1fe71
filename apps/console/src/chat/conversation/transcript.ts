/**
 * What a session's messages and events make of its conversation. Events may tell of a message that is there already: each
 * message stands once, by its id.
 */
import type { Message, ToolResultPart } from '@reprise/contract'
import type { SessionEvent } from '@reprise/client'
import type { Entry, PendingMessages, RunningTurn, ToolActivity, ToolStatus } from './conversation.ts'

type Answer = Extract<Entry, { kind: 'answer' }>
type Tools = Extract<Entry, { kind: 'tools' }>

export class Transcript implements PendingMessages {
  #entries: Entry[] = []
  readonly #messageIds = new Set<string>()
  /** The key of the answer that is coming, of each turn that runs. */
  readonly #open = new Map<string, string>()
  /** The key of the entry that shows a call. */
  readonly #callKeys = new Map<string, string>()
  #running: RunningTurn | null = null
  #opened = 0

  /** The same array until something changes. */
  get entries(): readonly Entry[] {
    return this.#entries
  }

  get running(): RunningTurn | null {
    return this.#running
  }

  /** Messages of before all that is there, oldest first. */
  prepend(messages: readonly Message[]): void {
    const older = new Transcript()
    for (const message of messages) if (!this.#messageIds.has(message.id)) older.addMessage(message)
    for (const id of older.#messageIds) this.#messageIds.add(id)
    for (const [call, key] of older.#callKeys) if (this.#callKeys.get(call)?.startsWith('orphans:') !== false) this.#callKeys.set(call, key)
    // A result may stand on this page, and the call that it answers on the older one.
    const orphans = this.#entries.filter((entry) => entry.kind === 'tools' && entry.key.startsWith('orphans:')) as Tools[] // by the filter
    this.#entries = [...older.#entries, ...this.#entries.filter((entry) => !orphans.some(({ key }) => key === entry.key))]
    for (const orphan of orphans) for (const call of orphan.calls) this.#finishCall(orphan.turn_id, call.id, call)
  }

  addMessage(message: Message): void {
    if (this.#messageIds.has(message.id)) {
      // It was read before its events told of it.
      if (message.role === 'agent' && message.turn_id !== null) this.#dropOpen(message.turn_id)
      return
    }
    this.#messageIds.add(message.id)
    if (message.role === 'user') this.#addUserMessage(message)
    else if (message.role === 'agent') this.#addAnswer(message)
    else if (message.role === 'tool_result') for (const part of message.content) if (part.type === 'tool_result') this.#addResult(message, part)
  }

  apply(event: SessionEvent): void {
    const turnId = event.context.turn_id ?? null
    switch (event.type) {
      case 'input.message':
        return this.addMessage(event.data.message)
      case 'turn.started':
        return this.#setRunning({ turn_id: event.data.turn_id, isParked: false })
      case 'turn.completed':
      case 'turn.failed':
      case 'turn.cancelled':
        return this.#endTurn(event)
      case 'reason.started':
        return this.#setRunning(turnId === null ? null : { turn_id: turnId, isParked: false })
      case 'reason.recovered':
        return this.#dropOpen(event.data.turn_id)
      case 'reason.thinking.started':
        return this.#change(this.#openAnswer(event.data.turn_id), { isThinking: true, thinking: '' })
      case 'reason.thinking.delta': {
        const answer = this.#openAnswer(event.data.turn_id)
        return this.#change(answer, { isThinking: true, thinking: answer.thinking + event.data.delta })
      }
      case 'reason.thinking.completed':
        return this.#change(this.#openAnswer(event.data.turn_id), { isThinking: false, thinking: event.data.thinking })
      case 'output.message.started':
        return this.#change(this.#openAnswer(event.data.turn_id), { isThinking: false, text: '' })
      case 'output.message.delta': {
        const answer = this.#openAnswer(event.data.turn_id)
        return this.#change(answer, { isThinking: false, text: answer.text + event.data.delta })
      }
      case 'output.message.completed':
        return this.addMessage(event.data.message)
      case 'tool.started':
        return this.#changeCall(turnId, event.data.tool_call.id, { status: 'running' })
      case 'tool.progress':
        return this.#changeCall(turnId, event.data.tool_call_id, { progress: event.data.message })
      case 'tool.completed': {
        const { tool_call_id, status, result, error = null, images, value_id, duration_ms } = event.data
        return this.#changeCall(turnId, tool_call_id, { status, result, error, images, isCut: value_id !== undefined, duration_ms })
      }
      case 'tool.call_requested':
        return this.#park(turnId, event.data.tool_calls, 'awaiting_result')
      case 'tool.approval_requested':
        return this.#park(turnId, event.data.tool_calls, 'awaiting_approval')
      case 'tool.approval_decided':
        for (const { tool_call_id } of event.data.approvals) this.#changeCall(turnId, tool_call_id, { status: 'running' })
        return
      default:
    }
  }

  sending(message: Message): void {
    if (!this.#messageIds.has(message.id)) this.#put({ kind: 'user', key: message.id, message, delivery: 'sending', error: null })
  }

  failed(id: string, error: unknown): void {
    const entry = this.#find(id)
    if (entry?.kind === 'user') this.#replace({ ...entry, delivery: 'failed', error })
  }

  stored(id: string, message: Message): void {
    if (this.#messageIds.has(message.id)) return this.remove(id)
    const index = this.#entries.findIndex(({ key }) => key === id)
    if (index === -1) return this.addMessage(message)
    this.#messageIds.add(message.id)
    this.#entries = this.#entries.with(index, { kind: 'user', key: message.id, message, delivery: null, error: null })
  }

  remove(id: string): void {
    this.#entries = this.#entries.filter((entry) => entry.key !== id || entry.kind !== 'user' || entry.delivery === null)
  }

  /** The event may be here before the answer to the posting: then it is the message that is shown as being sent. */
  #addUserMessage(message: Message): void {
    const content = JSON.stringify(message.content)
    const index = this.#entries.findIndex((entry) => entry.kind === 'user' && entry.delivery === 'sending' && JSON.stringify(entry.message.content) === content)
    const entry: Entry = { kind: 'user', key: message.id, message, delivery: null, error: null }
    if (index === -1) this.#put(entry)
    else this.#entries = this.#entries.with(index, entry)
  }

  #addAnswer(message: Message): void {
    const { turn_id } = message
    const text = message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
    const calls = message.content.filter((part) => part.type === 'tool_call')
    const marks = message.metadata as { notice?: boolean; interrupted?: boolean } | null // the server's own, of its own messages
    const open = turn_id === null ? null : this.#takeOpen(turn_id)
    const thinking = message.thinking ?? open?.thinking ?? ''
    const answer: Answer = { kind: 'answer', key: open?.key ?? message.id, turn_id, message, text, thinking, isThinking: false, isStreaming: false, isInterrupted: marks?.interrupted === true, isNotice: marks?.notice === true }
    if (text !== '' || thinking !== '') this.#put(answer)
    else if (open) this.#entries = this.#entries.filter(({ key }) => key !== open.key)
    if (calls.length > 0) this.#putCalls(message, `tools:${message.id}`, calls)
  }

  #putCalls({ session_id, turn_id }: Message, key: string, calls: readonly Pick<ToolActivity, 'id' | 'name' | 'arguments'>[]): void {
    for (const { id } of calls) this.#callKeys.set(`${turn_id} ${id}`, key)
    this.#put({ kind: 'tools', key, session_id, turn_id, calls: calls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given, status: 'running', progress: null, result: undefined, error: null, images: undefined, isCut: false, duration_ms: null })) })
  }

  #addResult(message: Message, part: ToolResultPart): void {
    const { turn_id, id } = message
    const { tool_call_id, result, error = null, images, value_id } = part
    if (!this.#callKeys.has(`${turn_id} ${tool_call_id}`)) this.#putCalls(message, `orphans:${id}`, [{ id: tool_call_id, name: '', arguments: undefined }])
    const { status, duration_ms } = this.#findCall(turn_id, tool_call_id) ?? { status: 'running', duration_ms: null }
    const ended = status === 'running' || status === 'awaiting_result' || status === 'awaiting_approval' ? (error === null ? 'success' : 'error') : status
    this.#changeCall(turn_id, tool_call_id, { status: ended, result, error, images, isCut: value_id !== undefined, duration_ms })
  }

  /** What is known of the result of a call that turns out to have been asked for on an older page. */
  #finishCall(turnId: string | null, callId: string, { name: _name, arguments: _arguments, ...result }: ToolActivity): void {
    this.#changeCall(turnId, callId, result)
  }

  #park(turnId: string | null, calls: readonly { id: string }[], status: ToolStatus): void {
    for (const { id } of calls) this.#changeCall(turnId, id, { status })
    if (turnId !== null) this.#setRunning({ turn_id: turnId, isParked: true })
  }

  #endTurn(event: Extract<SessionEvent, { type: 'turn.completed' | 'turn.failed' | 'turn.cancelled' }>): void {
    const turnId = event.context.turn_id ?? null
    if (turnId === null) return
    this.#dropOpen(turnId)
    if (event.type === 'turn.cancelled' && !this.#find(`cancelled:${turnId}`)) this.#put({ kind: 'cancelled', key: `cancelled:${turnId}`, turn_id: turnId })
    if (this.#running?.turn_id === turnId) this.#setRunning(null)
  }

  #setRunning(running: RunningTurn | null): void {
    this.#running = running
    this.#entries = this.#entries.slice()
  }

  #openAnswer(turnId: string): Answer {
    const open = this.#find(this.#open.get(turnId))
    if (open?.kind === 'answer') return open
    const key = `open:${turnId}:${this.#opened++}`
    this.#open.set(turnId, key)
    const answer: Answer = { kind: 'answer', key, turn_id: turnId, message: null, text: '', thinking: '', isThinking: false, isStreaming: true, isInterrupted: false, isNotice: false }
    this.#put(answer)
    return answer
  }

  #takeOpen(turnId: string): Answer | null {
    const open = this.#find(this.#open.get(turnId))
    this.#open.delete(turnId)
    return open?.kind === 'answer' ? open : null
  }

  #dropOpen(turnId: string): void {
    const open = this.#takeOpen(turnId)
    if (open) this.#entries = this.#entries.filter(({ key }) => key !== open.key)
  }

  #change(answer: Answer, changes: Partial<Answer>): void {
    this.#replace({ ...answer, ...changes })
  }

  #findCall(turnId: string | null, callId: string): ToolActivity | undefined {
    const entry = this.#find(this.#callKeys.get(`${turnId} ${callId}`))
    return entry?.kind === 'tools' ? entry.calls.find(({ id }) => id === callId) : undefined
  }

  #changeCall(turnId: string | null, callId: string, changes: Partial<ToolActivity>): void {
    const entry = this.#find(this.#callKeys.get(`${turnId} ${callId}`))
    if (entry?.kind === 'tools') this.#replace({ ...entry, calls: entry.calls.map((call) => (call.id === callId ? { ...call, ...changes } : call)) })
  }

  #find(key: string | undefined): Entry | undefined {
    return key === undefined ? undefined : this.#entries.findLast((entry) => entry.key === key)
  }

  #replace(entry: Entry): void {
    const index = this.#entries.findLastIndex(({ key }) => key === entry.key)
    if (index !== -1) this.#entries = this.#entries.with(index, entry)
  }

  #put(entry: Entry): void {
    if (this.#find(entry.key)) this.#replace(entry)
    else this.#entries = [...this.#entries, entry]
  }
}

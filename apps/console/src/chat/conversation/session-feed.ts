/**
 * Keeps a session's conversation current, for as long as somebody shows it.
 *
 * C1  Messages up to the session's last rest are read as a page, and what came since is told by its events: so a running turn
 *     is seen with every delta. A fork begins with messages that no event tells of, so its first page is the newest.
 * C2  The stream goes on by its cursor, whatever becomes of network and server; that it was away is said, and what came of it.
 * C3  However fast events come, there is one change for each frame that is drawn.
 */
import { retryCall, type SessionEvent } from '@reprise/client'
import type { Message } from '@reprise/contract'
import { client } from '../../server/client.ts'
import { connection } from '../../server/connection.ts'
import type { Conversation, PendingMessages, StreamState } from './conversation.ts'
import { Transcript } from './transcript.ts'

const pageSize = 200
/** How long it says that it has caught up. */
const caughtUpMs = 4_000

export class SessionFeed implements PendingMessages {
  readonly session_id: string
  readonly #transcript = new Transcript()
  readonly #listeners = new Set<() => void>()
  readonly #ending = new AbortController()
  #snapshot: Conversation
  #frame: number | null = null
  #arrived: SessionEvent[] = []
  #oldestSequence = Infinity
  #stream: StreamState = { kind: 'connecting' }
  #isFollowing = false
  #lostAt: number | null = null
  #missed = 0

  constructor(session_id: string) {
    this.session_id = session_id
    this.#snapshot = { session_id, entries: [], isLoading: true, error: null, hasOlder: false, isLoadingOlder: false, running: null, awaited: [], stream: this.#stream }
  }

  readonly getSnapshot = (): Conversation => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Begins; the function that it gives ends it. */
  start(): () => void {
    const { signal } = this.#ending
    const unwatch = connection.watch((isReachable) => (isReachable ? this.#regain() : this.#lose()))
    signal.addEventListener('abort', unwatch, { once: true })
    this.#run().catch((error: unknown) => {
      if (!signal.aborted) this.#tell({ isLoading: false, error })
    })
    return () => this.#ending.abort(new Error('nobody shows the session any more'))
  }

  async #run(): Promise<void> {
    const { session_id } = this
    const call = { signal: this.#ending.signal }
    const [rest] = await retryCall(() => client.events.list.query({ session_id, types: ['session.started', 'session.idled'], limit: 1 }, call), call)
    await this.#readPage(rest?.type === 'session.idled' ? rest.sequence + 1 : undefined)
    this.#tell({ isLoading: false })
    await this.#follow(rest?.id)
  }

  async #readPage(before: number | undefined): Promise<void> {
    const call = { signal: this.#ending.signal }
    const read = await retryCall(() => client.messages.list.query({ session_id: this.session_id, before, limit: pageSize }, call), call)
    const page = read as Message[] // what the server says of arguments is typed as absent or not, and is always there
    this.#transcript.prepend(page)
    this.#oldestSequence = page[0]?.sequence ?? 0
    this.#tell({ hasOlder: page.length === pageSize })
  }

  readonly loadOlder = (): void => {
    if (!this.#snapshot.hasOlder || this.#snapshot.isLoadingOlder) return
    this.#tell({ isLoadingOlder: true })
    this.#readPage(this.#oldestSequence)
      .catch(() => {}) // it stays to be asked for
      .finally(() => this.#tell({ isLoadingOlder: false }))
  }

  #follow(cursor: string | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#ending
      const subscription = client.events.subscribe.subscribe(
        { session_id: this.session_id, lastEventId: cursor },
        {
          onConnectionStateChange: ({ state }) => {
            this.#isFollowing = state === 'pending'
            this.#regain()
          },
          onData: ({ data }) => this.#take(data as SessionEvent), // the server emits what the contract says
          onError: reject,
          onComplete: resolve,
        },
      )
      signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true })
    })
  }

  #take(event: SessionEvent): void {
    this.#arrived.push(event)
    if (this.#lostAt !== null && Date.parse(event.ts) < Date.now()) this.#missed += 1
    // A page that nobody sees draws no frames, and goes on all the same.
    if (this.#frame !== null) return
    this.#frame = document.hidden ? window.setTimeout(() => this.#draw(), 100) : requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#frame = null
    const events = this.#arrived
    this.#arrived = []
    for (const event of events) this.#transcript.apply(event)
    this.#tell({})
  }

  #lose(): void {
    this.#lostAt ??= Date.now()
    this.#missed = 0
    this.#setStream({ kind: 'lost' })
  }

  /** A call that got through says nothing yet of the stream. */
  #regain(): void {
    if (!this.#isFollowing) return
    if (this.#lostAt === null) return this.#setStream({ kind: 'live' })
    // What was missed comes at once with the new connection: a moment later it is counted.
    setTimeout(() => {
      if (this.#stream.kind !== 'lost' || !this.#isFollowing || !connection.isReachable) return
      this.#lostAt = null
      this.#setStream({ kind: 'caught_up', events: this.#missed })
      setTimeout(() => this.#stream.kind === 'caught_up' && this.#setStream({ kind: 'live' }), caughtUpMs)
    }, 500)
  }

  #setStream(stream: StreamState): void {
    this.#stream = stream
    this.#tell({})
  }

  sending(message: Message): void {
    this.#transcript.sending(message)
    this.#tell({})
  }

  failed(id: string, error: unknown): void {
    this.#transcript.failed(id, error)
    this.#tell({})
  }

  stored(id: string, message: Message): void {
    this.#transcript.stored(id, message)
    this.#tell({})
  }

  remove(id: string): void {
    this.#transcript.remove(id)
    this.#tell({})
  }

  #tell(changes: Partial<Conversation>): void {
    const { entries, running } = this.#transcript
    const awaited = running?.isParked ? entries.flatMap((entry) => (entry.kind === 'tools' && entry.turn_id === running.turn_id ? entry.calls.filter(({ status }) => status === 'awaiting_result' || status === 'awaiting_approval') : [])) : []
    this.#snapshot = { ...this.#snapshot, ...changes, entries, running, awaited, stream: this.#stream }
    for (const listener of this.#listeners) listener()
  }
}

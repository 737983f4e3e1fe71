/**
 * Wakes the streams of a process when the journal has committed something for them.
 *
 * H1  The hub never pushes events into a stream. A stream has a cursor and asks for what follows it; a slow one asks
 *     later, and gets it from the table. So a slow reader never grows the server's memory.
 * H2  A feed's memory holds an unbroken run of the latest events. After a gap (another process wrote) it starts anew.
 * H3  What is not in the memory is in the table: `recent` answers null, never a guess.
 * H4  A session that was deleted ends for whoever follows it, and for whoever begins to just then.
 */
import type { Committed } from '../journal/journal.ts'
import { recordCommittedEvents, type EventRecord } from './event-record.ts'

const rememberedEventsMax = 256
const rememberedCharactersMax = 512 * 1024

interface Feed {
  /** The latest sequence known to be committed. */
  tip: number
  events: EventRecord[]
  characters: number
  listeners: Set<() => void>
  hasEnded: boolean
}

export interface Subscription {
  /** The latest sequence known to be committed. */
  tip(): number
  /** The events after a sequence: none yet, those in memory, or null when they must be read from the table. */
  recent(after: number): EventRecord[] | null
  /** Tells what the table said is the latest sequence. */
  sawTip(sequence: number): void
  /** The session was deleted: nothing follows any more, and what was there is nobody's to read. */
  hasEnded(): boolean
  close(): void
}

/** Who found the session a moment ago begins to follow it soon. */
const endedRememberedMax = 1_000

export class Hub {
  readonly #feeds = new Map<string, Feed>()
  readonly #ended = new Set<string>()

  /** Takes what the journal committed. Sessions that nobody follows here cost one look-up. */
  publish(committed: Committed): void {
    const feed = this.#feeds.get(committed.append.session_id)
    if (!feed) return
    const lastSequence = committed.first_sequence + committed.events_appended - 1
    const events = recordCommittedEvents(committed)
    if (!events) return this.announce(committed.append.session_id, lastSequence)
    // Sent again after a lost reply, or announced already: who asks for it reads it from the memory or the table.
    const isKnown = lastSequence <= feed.tip
    if (!isKnown) {
      if (committed.first_sequence !== feed.tip + 1) forget(feed)
      for (const event of events) remember(feed, event)
    }
    for (const listener of feed.listeners) listener()
  }

  /** Says that a session has events up to a sequence which were committed elsewhere. */
  announce(sessionId: string, sequence: number): void {
    const feed = this.#feeds.get(sessionId)
    if (!feed || sequence <= feed.tip) return
    forget(feed)
    feed.tip = sequence
    for (const listener of feed.listeners) listener()
  }

  /** Ends a session that was deleted, for all who follow it. */
  end(sessionId: string): void {
    if (this.#ended.size >= endedRememberedMax) this.#ended.clear()
    this.#ended.add(sessionId)
    const feed = this.#feeds.get(sessionId)
    if (!feed) return
    feed.hasEnded = true
    forget(feed)
    for (const listener of feed.listeners) listener()
  }

  /** Follows a session: `listener` is called whenever there is something new to ask for. */
  subscribe(sessionId: string, listener: () => void): Subscription {
    let feed = this.#feeds.get(sessionId)
    if (!feed) {
      feed = { tip: 0, events: [], characters: 0, listeners: new Set(), hasEnded: this.#ended.has(sessionId) }
      this.#feeds.set(sessionId, feed)
    }
    const own = feed
    own.listeners.add(listener)
    return {
      tip: () => own.tip,
      recent: (after) => recent(own, after),
      sawTip: (sequence) => {
        if (sequence > own.tip) {
          forget(own)
          own.tip = sequence
        }
      },
      hasEnded: () => own.hasEnded,
      close: () => {
        own.listeners.delete(listener)
        if (own.listeners.size === 0) this.#feeds.delete(sessionId)
      },
    }
  }

  get followedSessions(): string[] {
    return [...this.#feeds.keys()]
  }
}

function recent(feed: Feed, after: number): EventRecord[] | null {
  if (after >= feed.tip) return []
  const first = feed.events[0]
  if (!first || first.sequence > after + 1) return null
  return feed.events.slice(after + 1 - first.sequence)
}

function remember(feed: Feed, event: EventRecord): void {
  feed.events.push(event)
  feed.tip = event.sequence
  feed.characters += event.size
  while (feed.events.length > rememberedEventsMax || feed.characters > rememberedCharactersMax) {
    const dropped = feed.events.shift()
    if (!dropped) break
    feed.characters -= dropped.size
  }
}

function forget(feed: Feed): void {
  feed.events = []
  feed.characters = 0
}

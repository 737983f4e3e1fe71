/**
 * Tells the other processes on the same database which sessions have new events, and hears it from them.
 *
 * A1  A flush never notifies: what was committed is gathered for a few milliseconds and told in one NOTIFY, outside of
 *     any transaction of the journal. Alone on its database, a process tells nobody.
 * A2  An announcement is a hint, and may be lost (its sender may die between commit and NOTIFY): every few seconds one
 *     query looks at all sessions that are followed here.
 */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { connectClient } from '../database.ts'
import type { Committed } from '../journal/journal.ts'
import type { Hub } from './hub.ts'

export interface AnnouncerOptions {
  connectionString: string
  hub: Hub
  /** A connection that breaks is opened again; this hears of it. */
  onError?: (error: unknown) => void
}

const channel = 'reprise_events'
/** Told by the deletion itself, in its transaction: see migrations/0016. */
const deletionsChannel = 'reprise_deletions'
const applicationName = 'reprise announcer'
const gatherMs = 5
const lookMs = 5_000
/** PostgreSQL takes payloads below 8,000 bytes. */
const payloadBytesMax = 7_000
const hello = 'hello'

export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #id = randomUUID()
  readonly #committed = new Map<string, number>()
  #client: pg.Client | null = null
  #hasPeers = false
  #gathering: NodeJS.Timeout | null = null
  /** One tells after the other: a connection has one query at a time. */
  #telling: Promise<void> = Promise.resolve()
  #looking: NodeJS.Timeout | null = null
  #isStopping = false

  constructor(options: AnnouncerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#look()
    this.#looking = setInterval(() => void this.#look().catch((error: unknown) => this.#options.onError?.(error)), lookMs)
    this.#looking.unref()
  }

  /** Takes what the journal of this process has committed. */
  committed({ append, first_sequence, events_appended }: Committed): void {
    if (!this.#hasPeers) return
    this.#committed.set(append.session_id, first_sequence + events_appended - 1)
    this.#gathering ??= setTimeout(() => {
      this.#gathering = null
      this.#telling = this.#telling.then(() => this.#tell()).catch((error: unknown) => this.#options.onError?.(error))
    }, gatherMs)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#looking) clearInterval(this.#looking)
    if (this.#gathering) clearTimeout(this.#gathering)
    await this.#telling
    await this.#tell().catch(() => {})
    await this.#client?.end().catch(() => {})
    this.#client = null
  }

  /** Catches up with what no announcement told, and sees whether there is anybody to tell (A2). */
  async #look(): Promise<void> {
    const client = await this.#connect()
    const { rows } = await client.query<{ session_id: string | null; last_sequence: number | null; listeners: number }>({
      name: 'look_for_events',
      text: `/* lookForEvents */
SELECT followed.session_id, h.last_sequence, listeners.count::integer AS listeners
FROM (SELECT count(*) FROM pg_stat_activity WHERE application_name = $2 AND datname = current_database()) listeners
LEFT JOIN unnest($1::text[]) AS followed(session_id) ON true
LEFT JOIN session_heads h ON h.session_id = followed.session_id AND h.deleted_at IS NULL`,
      values: [this.#options.hub.followedSessions, applicationName],
    })
    this.#hasPeers = rows.some((row) => row.listeners > 1)
    for (const { session_id, last_sequence } of rows) {
      if (session_id === null) continue
      if (last_sequence === null) this.#options.hub.end(session_id)
      else this.#options.hub.announce(session_id, last_sequence)
    }
  }

  async #tell(): Promise<void> {
    const told = [...this.#committed].map(([sessionId, sequence]) => `${sessionId}:${sequence}`)
    this.#committed.clear()
    while (told.length > 0) {
      let payload = this.#id
      while (told.length > 0 && payload.length < payloadBytesMax) payload += ` ${told.pop()!}`
      await this.#notify(payload)
    }
  }

  async #notify(payload: string): Promise<void> {
    const client = await this.#connect()
    await client.query({ name: 'announce', text: '/* announce */ SELECT pg_notify($1, $2)', values: [channel, payload] })
  }

  #hear(payload: string): void {
    const [sender, ...told] = payload.split(' ')
    if (sender === this.#id) return
    this.#hasPeers = true
    for (const pair of told) {
      const [sessionId, sequence] = pair.split(':')
      if (pair !== hello) this.#options.hub.announce(sessionId!, Number(sequence))
    }
  }

  async #connect(): Promise<pg.Client> {
    if (this.#client) return this.#client
    if (this.#isStopping) throw new Error('the announcer is stopping')
    const client = await connectClient({ connectionString: this.#options.connectionString, applicationName, statementTimeoutMs: 5_000 })
    client.on('error', (error) => {
      if (this.#client === client) this.#client = null
      this.#options.onError?.(error)
    })
    client.on('notification', ({ channel: told, payload = '' }) => (told === deletionsChannel ? this.#options.hub.end(payload) : this.#hear(payload)))
    // A NOTIFY is a commit; that of a hint need not reach the disk.
    await client.query('SET synchronous_commit = off')
    await client.query(`LISTEN ${channel}`)
    await client.query(`LISTEN ${deletionsChannel}`)
    this.#client = client
    // Whoever was alone until now learns that it is not.
    await this.#notify(`${this.#id} ${hello}`)
    return client
  }
}

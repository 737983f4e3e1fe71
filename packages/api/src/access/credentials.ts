/**
 * What this process knows of the credentials that callers show.
 *
 * D1  What was read is used for 3 s at most, counted from when it was asked for: a key that was revoked, changed or has
 *     expired anywhere is known here in time. A key in use is asked for again before that, beside its requests.
 * D2  One query at a time asks for all credentials that have gathered meanwhile. After one that found nothing there is a
 *     pause: whoever tries keys at random asks the database 20 times a second at most, and delays no key that is known.
 * D3  What is not there is remembered too, in a place of its own: random keys push out each other, and no key that is there.
 * D4  What was asked for before this process changed a key is not remembered of that key after, and nobody who comes after
 *     waits for it. What is known of others stays: no tenant makes others wait by changing his own.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '@reprise/contract'
import { readCredentials, type Credential, type CredentialRow, type Database } from '@reprise/store'

const freshMs = 1_500
const rememberedMs = 3_000
const knownMax = 10_000
const strangersMax = 1_000
const waitingMax = 10_000
const perQueryMax = 1_000
const strangersPauseMs = 50

interface Remembered {
  row: CredentialRow | null
  asked_at: number
  /** By this process's own clock. */
  expires_at: number
}

interface Waiting {
  credential: Credential
  resolve(remembered: Remembered): void
  reject(error: unknown): void
}

export class Credentials {
  readonly #db: Database
  readonly #known = new Map<string, Remembered>()
  readonly #strangers = new Map<string, Remembered>()
  readonly #asked = new Map<string, Promise<Remembered>>()
  #waiting: Waiting[] = []
  #isAsking = false
  /** What this process has changed since the query that is under way began. */
  #changed: ((row: CredentialRow) => boolean)[] = []

  constructor(db: Database) {
    this.#db = db
  }

  /** Null when there is no such credential. */
  async find(credential: Credential): Promise<{ row: CredentialRow; is_expired: boolean } | null> {
    const { row, expires_at } = await this.#findRemembered(credential)
    return row && { row, is_expired: performance.now() >= expires_at }
  }

  /** A key of this process's own doing has changed, or a login has ended. */
  forget(isMeant: (row: CredentialRow) => boolean): void {
    if (this.#isAsking) this.#changed.push(isMeant)
    this.#asked.clear()
    for (const [name, { row }] of this.#known) if (row && isMeant(row)) this.#known.delete(name)
  }

  async #findRemembered(credential: Credential): Promise<Remembered> {
    const name = `${credential.kind} ${credential.sha256}`
    const remembered = this.#known.get(name) ?? this.#strangers.get(name)
    const age = remembered ? performance.now() - remembered.asked_at : Infinity
    if (!remembered || age >= rememberedMs) return await this.#ask(name, credential)
    // What fails here fails for the request that has to wait for it.
    if (remembered.row && age >= freshMs) this.#ask(name, credential).catch(() => {})
    return remembered
  }

  #ask(name: string, credential: Credential): Promise<Remembered> {
    const asked = this.#asked.get(name)
    if (asked) return asked
    if (this.#waiting.length >= waitingMax) return Promise.reject(new AppError('overloaded', { retryAfterSeconds: 1 }))
    const { promise, resolve, reject } = Promise.withResolvers<Remembered>()
    this.#waiting.push({ credential, resolve, reject })
    this.#asked.set(name, promise)
    const forgetAsked = () => {
      if (this.#asked.get(name) === promise) this.#asked.delete(name)
    }
    promise.then(forgetAsked, forgetAsked)
    void this.#askAll()
    return promise
  }

  async #askAll(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, perQueryMax)
      this.#waiting = this.#waiting.slice(perQueryMax)
      if ((await this.#askFor(batch)) === 'found nothing') await pause(strangersPauseMs)
    }
    this.#isAsking = false
  }

  async #askFor(batch: readonly Waiting[]): Promise<'found some' | 'found nothing' | 'failed'> {
    const asked_at = performance.now()
    this.#changed = []
    try {
      const rows = await readCredentials(this.#db, batch.map(({ credential }) => credential))
      const answered_at = performance.now()
      const found = new Map(rows.map((row) => [`${row.kind} ${row.sha256}`, row]))
      for (const { credential, resolve } of batch) {
        const name = `${credential.kind} ${credential.sha256}`
        const row = found.get(name) ?? null
        const remembered = { row, asked_at, expires_at: answered_at + (row?.expires_in_ms ?? Infinity) }
        if (!row || !this.#changed.some((isMeant) => isMeant(row))) this.#remember(name, remembered)
        resolve(remembered)
      }
      return rows.length > 0 ? 'found some' : 'found nothing'
    } catch (error) {
      for (const { reject } of batch) reject(error)
      return 'failed'
    }
  }

  #remember(name: string, remembered: Remembered): void {
    this.#known.delete(name)
    this.#strangers.delete(name)
    const [place, placesMax] = remembered.row ? [this.#known, knownMax] : [this.#strangers, strangersMax]
    // The first is the one that was asked for the longest ago.
    for (const oldest of place.keys()) if (place.size >= placesMax) place.delete(oldest)
    place.set(name, remembered)
  }
}

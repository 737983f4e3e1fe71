import { recordKeyUses, type Database } from '@reprise/store'

export const keyUsePeriodMs = 60_000

interface Use {
  organization_id: string
  used_at: number
  written_at: number
}

/** When keys were last used: kept in memory by requests, and written behind their backs, once a minute for each key. */
export class KeyUses {
  readonly #db: Database
  readonly #periodMs: number
  readonly #uses = new Map<string, Use>()
  #writing: Promise<void> | null = null

  constructor(db: Database, periodMs: number) {
    this.#db = db
    this.#periodMs = periodMs
  }

  record(organizationId: string, keyId: string): void {
    const use = this.#uses.get(keyId)
    if (use) use.used_at = performance.now()
    else this.#uses.set(keyId, { organization_id: organizationId, used_at: performance.now(), written_at: -Infinity })
  }

  /** Writes the uses of keys that it is time for, or of all. What fails is written the next time. */
  async write(which: 'due' | 'all'): Promise<void> {
    await this.#writing
    this.#writing = this.#write(which).finally(() => (this.#writing = null))
    await this.#writing
  }

  async #write(which: 'due' | 'all'): Promise<void> {
    const now = performance.now()
    const due = [...this.#uses].filter(([, use]) => use.used_at > use.written_at && (which === 'all' || now - use.written_at >= this.#periodMs))
    if (due.length > 0) {
      await recordKeyUses(this.#db, due.map(([id, { organization_id, used_at }]) => ({ organization_id, id, age_ms: now - used_at })))
      for (const [, use] of due) use.written_at = now
    }
    // Of a key that rests nothing is left to be said.
    for (const [id, use] of this.#uses) if (use.written_at > use.used_at && now - use.written_at >= this.#periodMs) this.#uses.delete(id)
  }
}

import { hasKeys, type Database } from '@reprise/store'

const rememberedMs = 3_000

/**
 * Whether this server asks for keys: from the moment when one is configured, or the first was made, in this process or
 * another. What was once closed stays closed, so a closed server asks the database no more.
 */
export class Openness {
  readonly #db: Database
  #isOpen: boolean
  #asked_at = -Infinity
  #asking: Promise<boolean> | null = null

  constructor(db: Database, isKeyConfigured: boolean) {
    this.#db = db
    this.#isOpen = !isKeyConfigured
  }

  /** As far as is known without asking. */
  get wasOpen(): boolean {
    return this.#isOpen
  }

  /** Not older than 3 s. */
  async isOpen(): Promise<boolean> {
    if (!this.#isOpen || performance.now() - this.#asked_at < rememberedMs) return this.#isOpen
    this.#asking ??= this.#ask().finally(() => (this.#asking = null))
    return await this.#asking
  }

  /** A key was made here. */
  close(): void {
    this.#isOpen = false
  }

  async #ask(): Promise<boolean> {
    const asked_at = performance.now()
    if (await hasKeys(this.#db)) this.#isOpen = false
    this.#asked_at = asked_at
    return this.#isOpen
  }
}

import { readTurnSettings, type Database, type TurnSettings, type TurnSettingsQuery } from '@reprise/store'

/** Reads turn settings for many messages at once: while one reading is under way, the next gathers. */
export class SettingsLoader {
  readonly #db: Database
  #gathering: { asked: TurnSettingsQuery[]; read: Promise<(TurnSettings | null)[]> } | null = null
  #underWay: Promise<unknown> = Promise.resolve()

  constructor(db: Database) {
    this.#db = db
  }

  async load(query: TurnSettingsQuery): Promise<TurnSettings | null> {
    const batch = (this.#gathering ??= this.#gather())
    const position = batch.asked.push(query) - 1
    const settings = await batch.read
    return settings[position]!
  }

  #gather(): { asked: TurnSettingsQuery[]; read: Promise<(TurnSettings | null)[]> } {
    const asked: TurnSettingsQuery[] = []
    const read = this.#underWay.then(() => {
      this.#gathering = null
      return readTurnSettings(this.#db, asked)
    })
    this.#underWay = read.catch(() => {})
    return { asked, read }
  }
}

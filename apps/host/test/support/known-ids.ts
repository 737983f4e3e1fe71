/** What an id of each kind is called on the page: `$SESSION` in the shell, `session_id` in TypeScript. */
const kinds: Record<string, string> = { sess: 'session', img: 'image', sched: 'schedule', org: 'organization' }

/** The ids that the answers so far have brought, the latest of each kind. */
export class KnownIds {
  readonly #ids = new Map<string, string>()

  /** Takes the id of an answer, or of the first one in a list, and that of its turn. */
  addFrom(answer: unknown): void {
    const list = Array.isArray(answer) ? answer : isRecord(answer) && Array.isArray(answer['data']) ? answer['data'] : [answer]
    const [first] = list as unknown[]
    if (!isRecord(first)) return
    for (const id of [first['id'], first['turn_id']]) if (typeof id === 'string') this.#add(id)
  }

  #add(id: string): void {
    const prefix = /^([a-z]+)_[0-9a-f]{32}$/.exec(id)?.[1]
    if (prefix) this.#ids.set(kinds[prefix] ?? prefix, id)
  }

  get variables(): Record<string, string> {
    return Object.fromEntries([...this.#ids].map(([kind, id]) => [kind.toUpperCase(), id]))
  }

  get constants(): Record<string, string> {
    return Object.fromEntries([...this.#ids].map(([kind, id]) => [`${kind}_id`, id]))
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

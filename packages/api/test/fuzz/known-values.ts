
/** Ids, and other words that a server knows, so that what is generated reaches more than the first check. */
export class KnownValues {
  /** By the prefix of an id: `sess`. */
  readonly #ids = new Map<string, string[]>()
  /** By the name of a parameter: `capability_id`. */
  readonly #words = new Map<string, string[]>()

  addId(id: string): void {
    add(this.#ids, id.split('_')[0]!, id)
  }

  addWord(parameter: string, word: string): void {
    add(this.#words, parameter, word)
  }

  /** Takes every id that stands anywhere in an answer. */
  addFrom(answer: unknown): void {
    for (const [id] of JSON.stringify(answer).matchAll(/\b[a-z]+_[0-9a-f]{32}\b/g)) this.addId(id)
  }

  /** What may stand for a parameter or a field: by its name, else by the pattern of its id. */
  find(name: string, pattern: unknown): readonly string[] {
    // An `agent_id` that may be a name as well has no pattern.
    const prefixes = typeof pattern === 'string' ? (/^\^\(?([a-z|]+)\)?_/.exec(pattern)?.[1]?.split('|') ?? []) : [name.replace(/_id$/, '')]
    return this.#words.get(name) ?? prefixes.flatMap((prefix) => this.#ids.get(prefix) ?? [])
  }
}

/** A few of each are enough, the first ones and the last. */
const keptMax = 6

function add(values: Map<string, string[]>, key: string, value: string): void {
  const kept = values.get(key) ?? []
  if (kept.includes(value)) return
  values.set(key, kept.length < keptMax ? [...kept, value] : [...kept.slice(0, -1), value])
}

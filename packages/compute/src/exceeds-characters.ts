interface Bounds {
  charactersMax: number
  /** What each value counts for beside the characters of its text. */
  charactersPerValue: number
}

/** True when a value is larger than the bounds. Looks no further than that, so its own cost is bounded too. */
export function exceedsCharacters(value: unknown, { charactersMax, charactersPerValue }: Bounds): boolean {
  let characters = 0
  const open: unknown[] = [value]
  try {
    while (open.length > 0) {
      const next = open.pop()
      characters += charactersPerValue + (typeof next === 'string' ? next.length : 0)
      if (characters > charactersMax) return true
      if (next === null || typeof next !== 'object' || ArrayBuffer.isView(next)) continue
      const members = Array.isArray(next) || next instanceof Set || next instanceof Map ? next : Object.entries(next).flat()
      const size = Array.isArray(members) ? members.length : members.size
      if (size * charactersPerValue > charactersMax) return true
      for (const member of members) open.push(member)
    }
  } catch {
    // A getter or a proxy threw. Such a value cannot be sent to a thread either, and reading it ends at the same place.
    return false
  }
  return false
}

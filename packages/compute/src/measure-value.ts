export interface ValueBounds {
  valuesMax: number
  charactersMax: number
}

/** More levels may overflow the stack of what recurses. What is deeper than a message may be is cut off anyway. */
const levelsMax = 200

/**
 * True for a value of at most so many values and characters, and of no great depth. Parts that occur twice count twice,
 * as in JSON, so a circle never is. False where a getter or a proxy throws. Costs no more than the bounds.
 */
export function isMeasuredWithin(value: unknown, { valuesMax, charactersMax }: ValueBounds): boolean {
  let values = 1
  let characters = 0
  let level: unknown[] = [value]
  try {
    for (let levels = 0; level.length > 0; levels++) {
      if (levels > levelsMax) return false
      const below: unknown[] = []
      for (const item of level) {
        if (typeof item === 'string') characters += item.length
        if (characters > charactersMax) return false
        if (item === null || typeof item !== 'object' || ArrayBuffer.isView(item)) continue
        for (const member of listMembers(item)) {
          below.push(member)
          if (++values > valuesMax) return false
        }
      }
      level = below
    }
    return true
  } catch {
    return false
  }
}

function listMembers(item: object): Iterable<unknown> {
  if (Array.isArray(item) || item instanceof Set) return item
  return (item instanceof Map ? [...item] : Object.entries(item)).flat()
}

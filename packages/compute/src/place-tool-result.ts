interface Bounds {
  charactersMax: number
  /** What each value counts for beside the characters of its text. */
  charactersPerValue: number
}

/** Up to this the main thread is quicker than the way to another thread and back. Parts that occur twice count twice, as in JSON. */
const smallBounds: Bounds = { charactersMax: 16 * 1024, charactersPerValue: 8 }
/**
 * 32 million characters, or a quarter of a million values: receiving is one native call, and a thread whose heap runs out
 * within one takes the whole process with it.
 */
const sendableBounds: Bounds = { charactersMax: 32_000_000, charactersPerValue: 128 }
/** Deeper values may overflow the stack when they are cloned. What is deeper than a message may be is cut off anyway. */
const levelsMax = 200

/** Where a tool's result is processed: `nowhere` when it is too large even to be sent to a thread. Costs no more than its bounds. */
export function placeToolResult(value: unknown): 'main' | 'thread' | 'nowhere' {
  try {
    if (!exceeds(value, smallBounds).isExceeded) return 'main'
    const { isExceeded, levels } = exceeds(value, sendableBounds, new Set())
    if (isExceeded) return 'nowhere'
    return levels > levelsMax ? 'main' : 'thread'
  } catch {
    // A getter or a proxy threw, so it cannot be cloned either.
    return 'main'
  }
}

function exceeds(value: unknown, { charactersMax, charactersPerValue }: Bounds, seen?: Set<unknown>): { isExceeded: boolean; levels: number } {
  let characters = 0
  let levels = 0
  for (let level: unknown[] = [value]; level.length > 0; levels++) {
    const below: unknown[] = []
    for (const item of level) {
      characters += charactersPerValue + (typeof item === 'string' ? item.length : 0)
      if (characters > charactersMax) return { isExceeded: true, levels }
      if (item === null || typeof item !== 'object' || ArrayBuffer.isView(item) || seen?.has(item)) continue
      seen?.add(item)
      for (const member of listMembers(item)) {
        below.push(member)
        if (below.length * charactersPerValue > charactersMax) return { isExceeded: true, levels }
      }
    }
    level = below
  }
  return { isExceeded: false, levels }
}

function listMembers(item: object): Iterable<unknown> {
  if (Array.isArray(item) || item instanceof Set) return item
  return (item instanceof Map ? [...item] : Object.entries(item)).flat()
}

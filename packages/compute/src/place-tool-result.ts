import { limits } from '@reprise/contract'

/**
 * How a tool's result is processed:
 *   `here`      on the main thread, which is quicker than the way to another and back;
 *   `texts`     on a thread, its long texts moved there as bytes;
 *   `values`    on a thread, as a structured clone;
 *   `as_json`   it cannot be cloned as it is, and is made JSON first;
 *   `too_large` nowhere.
 */
export type ToolResultPlace = 'here' | 'texts' | 'values' | 'as_json' | 'too_large'

const hereCharactersMax = 16 * 1024
const hereValuesMax = 2 * 1024
/** So many values are gone through in a few milliseconds, however long their texts are. */
const textsValuesMax = 20_000
const textsCharactersMin = 256 * 1024
/** Receiving is one native call, and a thread whose heap runs out within one takes the whole process with it. */
const cloneValuesMax = 250_000
const cloneCharactersMax = 32_000_000
/** Deeper values may overflow the stack when they are cloned. What is deeper than a message may be is cut off anyway. */
const levelsMax = 200

/** Costs no more than the bounds above. */
export function placeToolResult(value: unknown): ToolResultPlace {
  try {
    // Parts that occur twice count twice, as in JSON.
    const here = measure(value, hereValuesMax, hereCharactersMax)
    if (here.isWithin && here.levels <= levelsMax) return 'here'
    // A part counts once, however often it occurs, as in a clone.
    const { values, characters, levels, isWithin } = measure(value, cloneValuesMax, limits.toolResultBytesMax, new Set())
    if (!isWithin) return 'too_large'
    if (levels > levelsMax) return 'as_json'
    if (values <= textsValuesMax && characters > textsCharactersMin) return 'texts'
    return characters > cloneCharactersMax ? 'too_large' : 'values'
  } catch {
    // A getter or a proxy threw, so it cannot be cloned either.
    return 'as_json'
  }
}

interface Measure {
  values: number
  characters: number
  levels: number
  isWithin: boolean
}

function measure(value: unknown, valuesMax: number, charactersMax: number, seen?: Set<unknown>): Measure {
  let values = 1
  let characters = 0
  let levels = 0
  for (let level: unknown[] = [value]; level.length > 0; levels++) {
    const below: unknown[] = []
    for (const item of level) {
      if (typeof item === 'string') characters += item.length
      if (characters > charactersMax) return { values, characters, levels, isWithin: false }
      if (item === null || typeof item !== 'object' || ArrayBuffer.isView(item) || seen?.has(item)) continue
      seen?.add(item)
      for (const member of listMembers(item)) {
        below.push(member)
        if (++values > valuesMax) return { values, characters, levels, isWithin: false }
      }
    }
    level = below
  }
  return { values, characters, levels, isWithin: true }
}

function listMembers(item: object): Iterable<unknown> {
  if (Array.isArray(item) || item instanceof Set) return item
  return (item instanceof Map ? [...item] : Object.entries(item)).flat()
}

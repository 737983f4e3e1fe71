import { limits } from '@reprise/contract'

/** Shared parts are written out wherever they occur, so a small object can mean a huge text. */
const valuesMax = 250_000

/** Any JavaScript value as JSON has it, with a clear word where JSON has none. Never throws and always ends. */
export function toJsonValue(given: unknown): unknown {
  const ancestors = new Set<object>()
  let values = 0

  return convert(given)

  function convert(value: unknown): unknown {
    if (++values > valuesMax) return '[too many values]'
    switch (typeof value) {
      case 'string':
      case 'number':
      case 'boolean':
        return value
      case 'undefined':
        return null
      case 'bigint':
        return value.toString()
      case 'function':
        return '[function]'
      case 'symbol':
        return '[symbol]'
      case 'object':
        return value === null ? null : convertObject(value)
    }
  }

  function convertObject(object: object): unknown {
    if (ancestors.has(object)) return '[circular]'
    // `repairStorable` ends values at the same depth; this one keeps the stack from growing until then.
    if (ancestors.size >= limits.jsonDepthMax) return '[nested too deep]'
    ancestors.add(object)
    try {
      return convertMembers(object)
    } catch {
      // A getter, a proxy or a `toJSON` of the tool's own threw.
      return '[unreadable]'
    } finally {
      ancestors.delete(object)
    }
  }

  function convertMembers(object: object): unknown {
    if (Array.isArray(object)) return takeWhileFew(object).map(convert)
    if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) return `[${object.byteLength} bytes]`
    if (object instanceof Error) return { name: object.name, message: object.message }
    if (object instanceof Map || object instanceof Set) return takeWhileFew([...object]).map(convert)
    if ('toJSON' in object && typeof object.toJSON === 'function') return convert(object.toJSON())
    const members: [string, unknown][] = []
    for (const key of takeWhileFew(Object.keys(object))) {
      const member = (object as Record<string, unknown>)[key]
      if (member !== undefined) members.push([key, convert(member)])
    }
    return Object.fromEntries(members)
  }

  /** The list, cut one after the values run out, so that the cut shows. */
  function takeWhileFew<T>(list: readonly T[]): readonly T[] {
    return list.length + values > valuesMax ? list.slice(0, Math.max(1, valuesMax - values + 1)) : list
  }
}

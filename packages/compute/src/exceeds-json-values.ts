import { skipString } from './raw-json.ts'

const valueStarts = new Set([0x2c, 0x5b, 0x7b])

/**
 * True when JSON text holds more than about `valuesMax` values; an empty object or array counts as two. To be asked
 * before `JSON.parse`: a thread whose heap runs out within one native call takes the whole process with it, and 32 MB
 * of `[],[],` do that. Strings do no such harm, and are passed over.
 */
export function exceedsJsonValues(text: string, valuesMax: number): boolean {
  if (text.length <= valuesMax) return false
  // Each value but the first follows a comma or an opening bracket.
  let values = 1
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      at = skipString(text, at)
      continue
    }
    if (valueStarts.has(code) && ++values > valuesMax) return true
    at++
  }
  return false
}

/**
 * Finds where values stand in JSON text, so that a caller's own spelling (`1.0`, key order, big integers) can be kept
 * where a parse and a stringify would change it. The text is one that `JSON.parse` has accepted: nothing is validated
 * here. Never recurses, and passes over strings by `indexOf`, since one of them may be an image of 7 MB.
 */

/** `[start, end)` in UTF-16 units of the text. */
export interface Span {
  start: number
  end: number
}

const quote = 0x22
const backslash = 0x5c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])
const afterScalar = /[\s,\]}]/g

export function findRootSpan(text: string): Span {
  const start = skipWhitespace(text, 0)
  return { start, end: skipValue(text, start) }
}

/** The span of the value at a path, or null when the path leads nowhere. */
export function findSpan(text: string, path: readonly (string | number)[]): Span | null {
  let span: Span | undefined = findRootSpan(text)
  for (const key of path) {
    span = typeof key === 'number' ? listElementSpans(text, span)[key] : listMemberSpans(text, span).get(key)
    if (!span) return null
  }
  return span
}

/** The values of an object by key, empty for any other value. Of a key that is written twice the last counts, as in `JSON.parse`. */
export function listMemberSpans(text: string, object: Span): Map<string, Span> {
  const members = new Map<string, Span>()
  if (text[object.start] !== '{') return members
  let at = skipWhitespace(text, object.start + 1)
  while (text[at] !== '}') {
    const keyEnd = skipString(text, at)
    // A key may be written with escapes: "\u0061" is "a".
    const key = JSON.parse(text.slice(at, keyEnd)) as string
    const start = skipWhitespace(text, skipWhitespace(text, keyEnd) + 1)
    const end = skipValue(text, start)
    members.set(key, { start, end })
    at = skipSeparator(text, end)
  }
  return members
}

/** The values of an array in order, empty for any other value. */
export function listElementSpans(text: string, array: Span): Span[] {
  const elements: Span[] = []
  if (text[array.start] !== '[') return elements
  let at = skipWhitespace(text, array.start + 1)
  while (text[at] !== ']') {
    const end = skipValue(text, at)
    elements.push({ start: at, end })
    at = skipSeparator(text, end)
  }
  return elements
}

/** The index after the string that opens at `start`. */
export function skipString(text: string, start: number): number {
  let at = start + 1
  for (;;) {
    const end = text.indexOf('"', at)
    if (end < 0) return text.length
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes++
    at = end + 1
    // An even number of backslashes escape each other, and the quote is a real one.
    if (backslashes % 2 === 0) return at
  }
}

function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === quote) return skipString(text, start)
  if (!opening.has(first)) {
    afterScalar.lastIndex = start
    return afterScalar.exec(text)?.index ?? text.length
  }
  let depth = 0
  let at = start
  do {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = skipString(text, at)
      continue
    }
    if (opening.has(code)) depth++
    else if (closing.has(code)) depth--
    at++
  } while (depth > 0 && at < text.length)
  return at
}

function skipSeparator(text: string, end: number): number {
  const at = skipWhitespace(text, end)
  return text[at] === ',' ? skipWhitespace(text, at + 1) : at
}

function skipWhitespace(text: string, from: number): number {
  let at = from
  // JSON's four: space, tab, line feed, carriage return.
  for (let code = text.charCodeAt(at); code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d; code = text.charCodeAt(at)) at++
  return at
}

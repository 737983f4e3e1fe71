/**
 * How many tokens a text is, nearly: without a tokenizer, whose tables are megabytes and which exist for few models only.
 * A text is cut where tokenizers cut it first, into words, numbers, signs and white space, and each piece costs what such
 * pieces do on average. In scripts that few texts are written in, characters cost more than words do in English.
 */

/** What pieces of a text cost, in tokens. */
export interface TextRates {
  /** A word's beginning, a group of digits, a group of signs, a line's end. */
  piece: number
  /** Each letter of a word beyond the first few. */
  longWordLetter: number
  /** Each letter with an accent, as in ü or ș. */
  accented: number
  /** Each Greek or Cyrillic letter. */
  alphabetic: number
  /** Each letter of Arabic, Hebrew, Devanagari, Thai and the like. */
  complex: number
  /** Each Chinese character or Japanese kana, and their punctuation. */
  cjk: number
  hangul: number
  /** Each typographic sign, arrow or box: — “ → █. */
  sign: number
  /** Each emoji: two UTF-16 units. */
  emoji: number
  /** Each character of any other script. */
  other: number
}

const kind = { lower: 1, upper: 2, digit: 3, space: 4, newline: 5, sign: 6 } as const

const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= 0x61 && code <= 0x7a) return kind.lower
  if (code >= 0x41 && code <= 0x5a) return kind.upper
  if (code >= 0x30 && code <= 0x39) return kind.digit
  if (code === 0x20 || code === 0x09) return kind.space
  return code === 0x0a || code === 0x0d ? kind.newline : kind.sign
})

/** Not rounded, so that parts can be added up. One pass, about 10 ms for a megabyte. */
export function estimateText(text: string, rates: TextRates): number {
  let tokens = 0
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code >= 128) {
      tokens += rateOf(code, rates)
      at++
      continue
    }
    const end = endOfPiece(text, at, asciiKinds[code]!)
    tokens += costOfPiece(text, at, end, rates)
    at = end
  }
  return tokens
}

/** The end of the run of one kind; a capital letter takes the small ones behind it along. */
function endOfPiece(text: string, start: number, kindOfStart: number): number {
  const end = endOfRun(text, start + 1, kindOfStart)
  return kindOfStart === kind.upper && end === start + 1 ? endOfRun(text, end, kind.lower) : end
}

function endOfRun(text: string, from: number, wanted: number): number {
  let end = from
  // Past the text's end, and beyond ASCII, there is no kind.
  while (asciiKinds[text.charCodeAt(end)] === wanted) end++
  return end
}

function costOfPiece(text: string, start: number, end: number, { piece, longWordLetter }: TextRates): number {
  const length = end - start
  switch (asciiKinds[text.charCodeAt(start)]) {
    case kind.lower:
      return piece + Math.max(0, length - 6) * longWordLetter
    case kind.upper:
      // Words in capitals are cut into short pieces.
      return asciiKinds[text.charCodeAt(end - 1)] === kind.lower
        ? piece + Math.max(0, length - 7) * longWordLetter
        : piece + Math.max(0, length - 3) * longWordLetter * 1.2
    case kind.digit:
      return Math.ceil(length / 3) * piece * 1.06
    case kind.space:
      // A single space belongs to the word behind it; an indent is a token, however deep.
      return length === 1 ? 0.05 : piece + length / 60
    case kind.newline:
      return piece
    default:
      return piece * (1 + (length - 1) / (isOneSign(text, start, end) ? 12 : 3))
  }
}

/** A ruler, such as `----`. */
function isOneSign(text: string, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) if (text.charCodeAt(at) !== text.charCodeAt(start)) return false
  return true
}

function rateOf(code: number, rates: TextRates): number {
  if (code < 0x250) return rates.accented
  if (code >= 0x370 && code < 0x530) return rates.alphabetic
  if (code >= 0x530 && code < 0x1100) return rates.complex
  if (isCjk(code)) return rates.cjk
  if ((code >= 0xac00 && code < 0xd7b0) || (code >= 0x1100 && code < 0x1200)) return rates.hangul
  if (code >= 0x2000 && code < 0x2700) return rates.sign
  if (code >= 0xd800 && code < 0xe000) return rates.emoji / 2
  return rates.other
}

function isCjk(code: number): boolean {
  return (code >= 0x2e80 && code < 0xa000) || (code >= 0xf900 && code < 0xfb00) || (code >= 0xfe30 && code < 0xfe50) || (code >= 0xff00 && code < 0xfff0)
}

import { ExpressionError } from './expression-error.ts'

/** `position` counts characters from 1, as errors show it. */
export type Token =
  | { type: 'number'; value: number; position: number }
  | { type: 'name'; text: string; position: number }
  | { type: 'symbol'; text: string; position: number }
  | { type: 'end'; position: number }

const space = /\s+/y
const numeral = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const name = /[a-zA-Z][a-zA-Z0-9]*/y
const symbol = /[-+*/%^(),]/y

/** Reads an expression into tokens, of which the last is `end`. */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = []
  let index = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = index
    const taken = pattern.exec(text)?.[0] ?? null
    index += taken?.length ?? 0
    return taken
  }
  for (;;) {
    take(space)
    const position = index + 1
    if (index === text.length) return [...tokens, { type: 'end', position }]
    const number = take(numeral)
    const word = number === null ? take(name) : null
    const sign = number === null && word === null ? take(symbol) : null
    if (number !== null) tokens.push({ type: 'number', value: readNumber(number, position), position })
    else if (word !== null) tokens.push({ type: 'name', text: word, position })
    else if (sign !== null) tokens.push({ type: 'symbol', text: sign, position })
    else throw new ExpressionError(`unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(index)!))}`, position)
  }
}

function readNumber(text: string, position: number): number {
  const value = Number(text)
  if (!Number.isFinite(value)) throw new ExpressionError(`${text} is too large`, position)
  return value
}

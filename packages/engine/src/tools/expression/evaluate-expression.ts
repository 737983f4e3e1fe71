/**
 * An arithmetic evaluator by recursive descent:
 *   sum     = product (('+' | '-') product)*
 *   product = unary (('*' | '/' | '%') unary)*
 *   unary   = ('-' | '+') unary | power
 *   power   = primary ('^' unary)?             so -2^2 is -4, and 2^3^2 is 2^9
 *   primary = number | constant | function '(' sum (',' sum)* ')' | '(' sum ')'
 */
import { ExpressionError } from './expression-error.ts'
import { constants, functions } from './functions.ts'
import { readTokens, type Token } from './read-tokens.ts'

export type Evaluated = { ok: true; value: number } | { ok: false; error: string }

/** Every nesting passes through `unary`, so its depth bounds the stack. */
const depthMax = 100

export function evaluateExpression(text: string): Evaluated {
  try {
    const parser = new ExpressionParser(readTokens(text))
    return { ok: true, value: parser.evaluate() }
  } catch (error) {
    if (error instanceof ExpressionError) return { ok: false, error: error.message }
    throw error
  }
}

class ExpressionParser {
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  evaluate(): number {
    const value = this.#sum()
    const rest = this.#next()
    if (rest.type !== 'end') throw unexpected(rest, 'an operator or the end')
    return value
  }

  #sum(): number {
    let value = this.#product()
    for (let operator = this.#take('+', '-'); operator !== null; operator = this.#take('+', '-')) {
      const right = this.#product()
      value = finite(operator.text === '+' ? value + right : value - right, operator)
    }
    return value
  }

  #product(): number {
    let value = this.#unary()
    for (let operator = this.#take('*', '/', '%'); operator !== null; operator = this.#take('*', '/', '%')) {
      const right = this.#unary()
      if (operator.text !== '*' && right === 0) throw new ExpressionError('division by zero', operator.position)
      value = finite(operator.text === '*' ? value * right : operator.text === '/' ? value / right : value % right, operator)
    }
    return value
  }

  #unary(): number {
    if (++this.#depth > depthMax) throw new ExpressionError(`nested deeper than ${depthMax} levels`, this.#next().position)
    const sign = this.#take('-', '+')
    const value = sign === null ? this.#power() : sign.text === '-' ? -this.#unary() : this.#unary()
    this.#depth--
    return value
  }

  #power(): number {
    const base = this.#primary()
    const operator = this.#take('^')
    if (operator === null) return base
    const exponent = this.#unary()
    if (base === 0 && exponent < 0) throw new ExpressionError('division by zero', operator.position)
    return finite(base ** exponent, operator)
  }

  #primary(): number {
    const token = this.#next()
    if (token.type === 'number') return token.value
    if (token.type === 'name') return this.#named(token)
    if (token.type !== 'symbol' || token.text !== '(') throw unexpected(token, 'a number')
    const value = this.#sum()
    this.#expect(')')
    return value
  }

  #named(token: Token & { type: 'name' }): number {
    const constant = constants.get(token.text)
    if (constant !== undefined) return constant
    const called = functions.get(token.text)
    if (called === undefined) throw new ExpressionError(`unknown name ${token.text}`, token.position)
    this.#expect('(')
    const values = [this.#sum()]
    while (this.#take(',') !== null) values.push(this.#sum())
    this.#expect(')')
    if (values.length > 1 && !called.isVariadic) throw new ExpressionError(`${token.text} takes one argument, got ${values.length}`, token.position)
    return finite(called.apply(...values), token)
  }

  #next(): Token {
    const token = this.#tokens[this.#index]!
    if (token.type !== 'end') this.#index++
    return token
  }

  #take(...symbols: string[]): (Token & { type: 'symbol' }) | null {
    const token = this.#tokens[this.#index]!
    if (token.type !== 'symbol' || !symbols.includes(token.text)) return null
    this.#index++
    return token
  }

  #expect(symbol: string): void {
    if (this.#take(symbol) === null) throw unexpected(this.#next(), `"${symbol}"`)
  }
}

function finite(value: number, { position }: Token): number {
  if (Number.isNaN(value)) throw new ExpressionError('the result is not a real number', position)
  if (!Number.isFinite(value)) throw new ExpressionError('the result is too large', position)
  return value
}

function unexpected(token: Token, expected: string): ExpressionError {
  const got = token.type === 'end' ? 'the end' : token.type === 'number' ? String(token.value) : JSON.stringify(token.text)
  return new ExpressionError(`expected ${expected}, got ${got}`, token.position)
}

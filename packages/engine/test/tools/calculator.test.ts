import { describe, expect, it } from 'vitest'
import { calculator } from '../../src/tools/calculator.ts'
import { toolContext } from './tool-context.ts'

const calculate = (expression: string): ReturnType<typeof calculator.run> => calculator.run({ expression }, toolContext())

it.each([
  ['1', 1],
  ['6*7', 42],
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['10 - 4 - 3', 3],
  ['100 / 10 / 2', 5],
  ['-7 % 4', -3],
  ['2^3^2', 512],
  ['-2^2', -4],
  ['2^-1', 0.5],
  ['2*-3', -6],
  ['--5', 5],
  ['+5', 5],
  ['.5 + 1.', 1.5],
  ['1.5e3 + 2E-1', 1500.2],
  ['2*e', 2 * Math.E],
  ['0.1 + 0.2', 0.3],
  ['9007199254740991', 9007199254740991],
  ['sqrt(16) + abs(-2)', 6],
  ['round(2.5) + floor(2.9) + ceil(2.1)', 8],
  ['min(3, 1, 2) + max(3)', 4],
  ['ln(e) + log10(1000)', 4],
  ['cos(0) + sin(0) + tan(0)', 1],
  ['round(sin(pi / 2))', 1],
  ['-0', 0],
  // Long, but never deep.
  [`1${'+1'.repeat(400)}`, 401],
  ['\t1\n+ 1 ', 2],
])('%j is %d', async (expression, value) => {
  expect(await calculate(expression)).toEqual({ ok: true, result: { value } })
})

describe('a bad expression is an error that says where', () => {
  it.each([
    ['1 / 0', 'division by zero at position 3'],
    ['5 % (1 - 1)', 'division by zero at position 3'],
    ['0 ^ -1', 'division by zero at position 3'],
    ['sqrt(-1)', 'the result is not a real number at position 1'],
    ['(-8) ^ 0.5', 'the result is not a real number at position 6'],
    ['ln(0)', 'the result is too large at position 1'],
    ['10 ^ 400', 'the result is too large at position 4'],
    ['1e400', '1e400 is too large at position 1'],
    ['1 +', 'expected a number, got the end at position 4'],
    ['   ', 'expected a number, got the end at position 4'],
    ['(1 + 2', 'expected ")", got the end at position 7'],
    ['1 2', 'expected an operator or the end, got 2 at position 3'],
    ['2 ** 3', 'expected a number, got "*" at position 4'],
    ['sqrt 4', 'expected "(", got 4 at position 6'],
    ['sqrt(1, 2)', 'sqrt takes one argument, got 2 at position 1'],
    ['min()', 'expected a number, got ")" at position 5'],
    ['2 × 3', 'unexpected "×" at position 3'],
    ['1 + 👋', 'unexpected "👋" at position 5'],
    ['constructor', 'unknown name constructor at position 1'],
    ['process.exit(1)', 'unexpected "." at position 8'],
  ])('%j', async (expression, error) => {
    expect(await calculate(expression)).toEqual({ ok: false, error: `expression: ${error}` })
  })

  it.each([
    ['parentheses', `${'('.repeat(499)}1${')'.repeat(499)}`],
    ['signs', `${'-'.repeat(900)}1`],
    ['powers', `1${'^1'.repeat(400)}`],
    ['functions', `${'abs('.repeat(190)}1${')'.repeat(190)}`],
  ])('%s nested too deep', async (_what, expression) => {
    expect(await calculate(expression)).toMatchObject({ ok: false, error: expect.stringContaining('nested deeper than 100 levels') })
  })

  it('one beyond 1000 characters is refused unread', async () => {
    expect(await calculate(`1${'+1'.repeat(500)}`)).toMatchObject({ ok: false, error: expect.stringMatching(/^Invalid arguments: expression: /) })
  })
})

import { z } from 'zod'
import { evaluateExpression } from './expression/evaluate-expression.ts'
import { functionNames } from './expression/functions.ts'
import { defineTool } from './tool.ts'

export const calculator = defineTool({
  name: 'calculator',
  description: [
    'Evaluates an arithmetic expression with + - * / % ^, parentheses, the constants pi and e,',
    `and the functions ${functionNames.join(', ')}. Angles are in radians.`,
  ].join(' '),
  input: z.object({ expression: z.string().min(1).max(1000).describe('Such as (2 + 3) * sqrt(16) ^ 2') }),
  effects: 'idempotent',
  run({ expression }) {
    const evaluated = evaluateExpression(expression)
    return evaluated.ok ? { ok: true, result: { value: tidy(evaluated.value) } } : { ok: false, error: `expression: ${evaluated.error}` }
  },
})

/** Shows 0.1 + 0.2 as 0.3, and no negative zero; whole numbers keep all their digits. */
function tidy(value: number): number {
  return Number.isInteger(value) ? value + 0 : Number(value.toPrecision(15))
}

/** Leaves the recursion of the parser at once; never leaves `evaluateExpression`. */
export class ExpressionError extends Error {
  constructor(problem: string, position: number) {
    super(`${problem} at position ${position}`)
    this.name = 'ExpressionError'
  }
}

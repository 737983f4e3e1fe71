export interface ExpressionFunction {
  /** Takes any number of arguments, not just one. */
  isVariadic: boolean
  apply(...values: number[]): number
}

// Maps, so that a name like `constructor` finds nothing.
export const functions: ReadonlyMap<string, ExpressionFunction> = new Map<string, ExpressionFunction>([
  ['sqrt', { isVariadic: false, apply: Math.sqrt }],
  ['abs', { isVariadic: false, apply: Math.abs }],
  ['round', { isVariadic: false, apply: Math.round }],
  ['floor', { isVariadic: false, apply: Math.floor }],
  ['ceil', { isVariadic: false, apply: Math.ceil }],
  ['min', { isVariadic: true, apply: Math.min }],
  ['max', { isVariadic: true, apply: Math.max }],
  ['ln', { isVariadic: false, apply: Math.log }],
  ['log10', { isVariadic: false, apply: Math.log10 }],
  ['sin', { isVariadic: false, apply: Math.sin }],
  ['cos', { isVariadic: false, apply: Math.cos }],
  ['tan', { isVariadic: false, apply: Math.tan }],
])

export const constants: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
])

export const functionNames: readonly string[] = [...functions.keys()]

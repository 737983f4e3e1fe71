const charactersMax = 300

/** Why a schema cannot be used, in words for whoever wrote it. */
export function describeSchemaError(error: unknown): string {
  if (error instanceof RangeError) return 'refers to itself without end'
  if (!(error instanceof Error)) return 'cannot be compiled'
  // Of a reference that was not found.
  if ('missingRef' in error && typeof error.missingRef === 'string') {
    const ref = JSON.stringify(error.missingRef.slice(0, charactersMax))
    return error.missingRef.startsWith('#') ? `has a $ref to ${ref}, which is not in it` : `has a $ref to ${ref}: other documents are not fetched`
  }
  return `cannot be compiled: ${error.message.slice(0, charactersMax).toWellFormed()}`
}

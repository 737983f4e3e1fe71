/** Does something for each of many, one after the other. One that fails keeps no other waiting: what went wrong is thrown at the end. */
export async function eachInTurn<T>(items: readonly T[], signal: AbortSignal, work: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = []
  for (const item of items) {
    signal.throwIfAborted()
    await work(item).catch((error: unknown) => errors.push(error))
  }
  signal.throwIfAborted()
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${items.length} failed`)
}

/**
 * The guard forbids it, and would again: nothing was sent to the place that it names. The message names hosts only,
 * since paths and queries may hold secrets.
 */
export class EgressRefused extends Error {
  override name = 'EgressRefused'

  constructor(host: string, why: string) {
    super(`Requests to ${host} are refused: ${why}.`)
  }
}

/** The network failed, or the server at its other end. */
export class EgressFault extends Error {
  override name = 'EgressFault'
  /** False only when certainly no byte of a request was sent. */
  readonly mayHaveArrived: boolean

  constructor(message: string, { mayHaveArrived, cause }: { mayHaveArrived: boolean; cause?: unknown }) {
    super(message, { cause })
    this.mayHaveArrived = mayHaveArrived
  }
}

/** The refusal inside of what undici's fetch threw, if that is what it was. */
export function findRefusal(error: unknown): EgressRefused | null {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof EgressRefused) return inner
  }
  return null
}

/** The code that the innermost error has, such as ECONNREFUSED. Its message is not shown: it may name addresses. */
export function findErrorCode(error: unknown): string | null {
  let code: string | null = null
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if ('code' in inner && typeof inner.code === 'string') code = inner.code
  }
  return code
}

/**
 * Why a command cannot do its work, in words for the operator at the terminal, with the next thing to try. It is printed without a
 * stack, and has no code: it never goes over the wire.
 */
export class StartError extends Error {
  override readonly name = 'StartError'
}

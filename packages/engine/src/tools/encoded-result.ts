import type { EncodedAnswer } from '@reprise/compute'

/**
 * A result as the other side of a wire wrote it, to stand in a ToolOutcome: it is parsed on a thread, and may still
 * turn out to be an error.
 */
export class EncodedResult {
  readonly answer: EncodedAnswer
  /** What the model is told when it cannot be parsed. */
  readonly unreadable: string

  constructor(answer: EncodedAnswer, unreadable: string) {
    this.answer = answer
    this.unreadable = unreadable
  }
}

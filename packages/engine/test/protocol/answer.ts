/** What a protocol server is to answer, in the words of no vendor. */
export interface Answer {
  /** What the model says, in this order. Strings are text. */
  says?: readonly (string | Said)[]
  /** Default: what the content calls for. */
  finish?: 'length' | 'content_filter'
  usage?: { input?: number; output?: number; cache_read?: number; cache_write?: number; reasoning?: number }
  /** UTF-16 units per delta, so that surrogate pairs are torn as real servers tear them. */
  unitsPerDelta?: number
  /** Deltas a second; 0, the default: all at once. */
  pace?: number
  fault?: Fault
}

export type Said =
  | { thinking: string }
  /** Thinking that the vendor does not show. */
  | { redacted: string }
  | { text: string }
  /** `raw` in place of arguments: what the model wrote, JSON or not. */
  | { call: string; id?: string; arguments?: unknown; raw?: string }

export type Fault =
  /** An answer of another status; without a body, the vendor's own for it. */
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** Nothing is answered, ever. */
  | { kind: 'hang' }
  /** After so many bytes of the stream nothing more comes; the connection ends as if all had been said; it is reset. */
  | { kind: 'stall' | 'cut' | 'reset'; afterBytes: number }
  /** After so many events one that cannot be read. */
  | { kind: 'malformed'; afterEvents: number }
  /** After so many events the vendor's own event of an error. */
  | { kind: 'error_event'; afterEvents: number; type: string; message: string }

export function saidOf(answer: Answer): Said[] {
  return (answer.says ?? []).map((said) => (typeof said === 'string' ? { text: said } : said))
}

export function callsOf(answer: Answer): Extract<Said, { call: string }>[] {
  return saidOf(answer).filter((said) => 'call' in said)
}

export function argumentsOf(said: Extract<Said, { call: string }>): string {
  return said.raw ?? JSON.stringify(said.arguments ?? {})
}

/** Cut anywhere, between the halves of a surrogate pair too. */
export function piecesOf(text: string, { unitsPerDelta = 12 }: Answer): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length; start += unitsPerDelta) pieces.push(text.slice(start, start + unitsPerDelta))
  return pieces
}

/** Something of the same length that is the same in every run. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

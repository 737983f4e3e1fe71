/**
 * The latest turns of sessions whose last turn ran in this process: the next turn here reads nothing back.
 *
 * C1  What is remembered under an ordinal is the past of the next one, and of no other: a session that went on elsewhere
 *     meanwhile has a higher ordinal, and is read from the journal.
 * C2  Messages never change once they are stored, so what is remembered never goes stale. A turn that leaves the prompts
 *     of others is forgotten by its owner, or, if it is posted again, passed over by the turn that does.
 */
import { earlierMessagesMax, measureTurn, type EarlierTurn } from './earlier-turns.ts'
import type { Turn } from '../turn/turn.ts'

/** Bounds what is remembered in all, whatever the models' windows are: about 64 MB. */
const tokensMax = 16_000_000

interface Past {
  ordinal: number
  turns: EarlierTurn[]
  tokens: number
}

export class SessionPasts {
  readonly #pasts = new Map<string, Past>()
  #tokens = 0

  /** The turns before this one, or null when only the journal knows. */
  find({ session_id, ordinal }: Turn): EarlierTurn[] | null {
    const past = this.#pasts.get(session_id)
    return past?.ordinal === ordinal - 1 ? past.turns : null
  }

  /** Remembers a turn that has ended here, behind the turns that came before it. */
  remember(turn: Turn, earlier: readonly EarlierTurn[]): void {
    const turns = keepLatest([...earlier, measureTurn(turn.messages, turn.model)])
    const tokens = turns.reduce((sum, kept) => sum + kept.size.tokens, 0)
    this.forget(turn.session_id)
    this.#pasts.set(turn.session_id, { ordinal: turn.ordinal, turns, tokens })
    this.#tokens += tokens
    // The map keeps the order of use: the first is the one that was used longest ago.
    for (const sessionId of this.#pasts.keys()) {
      if (this.#tokens <= tokensMax) break
      this.forget(sessionId)
    }
  }

  /** Forgets a session whose past the journal tells otherwise from now on. */
  forget(sessionId: string): void {
    this.#tokens -= this.#pasts.get(sessionId)?.tokens ?? 0
    this.#pasts.delete(sessionId)
  }
}

/** As many whole turns as `readEarlierTurns` would read. */
function keepLatest(turns: EarlierTurn[]): EarlierTurn[] {
  let messages = 0
  let first = turns.length
  while (first > 0 && messages + turns[first - 1]!.messages.length <= earlierMessagesMax) messages += turns[--first]!.messages.length
  return turns.slice(first)
}

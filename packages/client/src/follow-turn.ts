import type { RepriseClient } from './create-reprise-client.ts'
import { readSubscription } from './read-subscription.ts'
import { retryCall } from './retry-call.ts'
import { isTurnEnd, type SessionEvent } from './session-event.ts'

/** A message as it was posted names its turn: any object with these fields does. */
export interface TurnAddress {
  session_id: string
  turn_id: string
  /** Of the message that the turn answers: saves asking for it. */
  sequence?: number
}

export interface FollowOptions {
  /** Ends the following; it then throws the signal's reason. The turn goes on. */
  signal?: AbortSignal | undefined
  /** Goes on after this event of the session, in place of the turn's first. */
  after?: string | undefined
}

/**
 * The events of one turn, from its message (`input.message`) to its end (`turn.completed`, `turn.failed` or `turn.cancelled`),
 * each once, through broken connections and restarted servers. Throws only what the server refuses for good.
 */
export async function* followTurn(client: RepriseClient, turn: TurnAddress, { signal, after }: FollowOptions = {}): AsyncGenerator<SessionEvent, void, undefined> {
  const { session_id, turn_id } = turn
  let cursor = after
  if (cursor === undefined) {
    const first = await findFirstEvent(client, turn, signal)
    if (first.context.turn_id === turn_id) yield first
    cursor = first.id
  }
  for await (const event of readSubscription(client, { session_id, lastEventId: cursor }, signal)) {
    if (event.context.turn_id !== turn_id) continue
    yield event
    if (isTurnEnd(event)) return
  }
}

/** The event from which on the turn's events come. */
async function findFirstEvent(client: RepriseClient, { session_id, turn_id, sequence }: TurnAddress, signal?: AbortSignal): Promise<SessionEvent> {
  const call = { signal }
  const since = sequence ?? (await retryCall(() => client.durable.workflows.get.query({ workflow_id: turn_id }, call), call)).input_sequence
  const [first] = await retryCall(() => client.events.list.query({ session_id, after_sequence: since - 1, limit: 1 }, call), call)
  if (!first) throw new Error(`The session ${session_id} has no turn ${turn_id}`)
  return first as SessionEvent // the server emits what the contract says
}

import type { Message, TurnErrorCode } from '@reprise/contract'
import type { RepriseClient } from './create-reprise-client.ts'
import { followTurn, type FollowOptions, type TurnAddress } from './follow-turn.ts'

/** A turn that ended without an answer; `message` says why in words for people. */
export class TurnError extends Error {
  readonly turn_id: string
  /** `cancelled`: somebody ended it. */
  readonly code: TurnErrorCode | 'cancelled'

  constructor(turnId: string, code: TurnErrorCode | 'cancelled', message: string) {
    super(message)
    this.name = 'TurnError'
    this.turn_id = turnId
    this.code = code
  }
}

/** The last message of the turn, once there is one: a turn that waits for its caller is waited for as well. Throws a TurnError when the turn failed or was cancelled. */
export async function readAnswer(client: RepriseClient, turn: TurnAddress, options: FollowOptions = {}): Promise<Message> {
  let answer: Message | null = null
  for await (const event of followTurn(client, turn, options)) {
    if (event.type === 'output.message.completed') answer = event.data.message
    if (event.type === 'turn.failed') throw new TurnError(turn.turn_id, event.data.error_code, event.data.error)
    if (event.type === 'turn.cancelled') throw new TurnError(turn.turn_id, 'cancelled', event.data.reason ?? 'The turn was cancelled')
  }
  if (!answer) throw new Error(`The turn ${turn.turn_id} has no answer after the event it was read from`)
  return answer
}

/** What a message says, without its images and tool calls. */
export function readText({ content }: { content: readonly { type: string; text?: string }[] }): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

import { AppError, limits, turnHasEnded, type Event, type EventType, type TurnStatus } from '@reprise/contract'
import { followEvents, readTurn, readTurnMessages, writeMessage } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { CreatedMessage } from './create-message.ts'

export const waitOptions = z.object({
  wait: z.boolean().default(false).describe('Answer only when the turn has ended, with its final message'),
  timeout_ms: z.int().min(1).max(limits.waitTimeoutMsMax).default(limits.waitTimeoutMsDefault).describe('How long to wait'),
})

interface Answer {
  turn_status: TurnStatus
  /** The JSON of the turn's last message, where it is the agent's. */
  answer_json: string | null
}

interface AnswerWait {
  /** Waits until the message's turn has ended, for as long as the caller wants and stays. */
  for(created: CreatedMessage, timeoutMs: number, signal: AbortSignal): Promise<Answer>
  close(): void
}

/**
 * Gets ready to wait, before the message is accepted: from here on the hub keeps what happens in the session, so an
 * answer that comes at once is neither missed nor read back.
 */
export function expectAnswer(services: Services, caller: Caller, sessionId: string): AnswerWait {
  const keeping = services.hub.subscribe(sessionId, () => {})
  return {
    async for(created, timeoutMs, signal) {
      const { message, delivery } = created
      // A turn that was there before may have ended before.
      const ended = delivery === 'duplicate' ? await readAnswer(services, caller, created) : null
      if (ended && turnHasEnded[ended.turn_status]) return ended
      const patience = AbortSignal.any([signal, services.stopping, AbortSignal.timeout(timeoutMs)])
      const { organization_id } = caller
      const { session_id, sequence } = message
      const following = { organization_id, session_id, after: sequence, signal: patience, ...(delivery !== 'duplicate' && { tip: sequence }) }
      const answer = await followToEnd(services, following, message.turn_id)
      signal.throwIfAborted()
      // Nothing else ends what is followed: the session was deleted.
      if (!answer && !patience.aborted) throw new AppError('session_not_found')
      return answer ?? (await readAnswer(services, caller, created))
    },
    close: () => keeping.close(),
  }
}

const endings: Partial<Record<EventType, TurnStatus>> = { 'turn.completed': 'completed', 'turn.failed': 'failed', 'turn.cancelled': 'cancelled' }

/** The answer as the turn's events tell it; null when the patience ends first. */
async function followToEnd({ db, hub }: Services, following: Parameters<typeof followEvents>[2], turnId: string): Promise<Answer | null> {
  let answer_json: string | null = null
  for await (const page of followEvents(db, hub, following)) {
    for (const record of page) {
      if (record.turn_id !== turnId) continue
      const turn_status = endings[record.type]
      if (turn_status) return { turn_status, answer_json }
      if (record.type === 'output.message.completed') answer_json = JSON.stringify((JSON.parse(record.json) as Event).data['message']) // written by us
    }
  }
  return null
}

async function readAnswer({ db }: Services, { organization_id }: Caller, { message }: CreatedMessage): Promise<Answer> {
  const turn = await readTurn(db, organization_id, message.turn_id)
  const turn_status = turn?.status ?? 'cancelled'
  if (!turnHasEnded[turn_status]) return { turn_status, answer_json: null }
  const last = (await readTurnMessages(db, organization_id, message.session_id, message.turn_id)).at(-1)
  return { turn_status, answer_json: last?.role === 'agent' ? writeMessage(last) : null }
}

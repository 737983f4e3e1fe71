import { deleteUnheldImages, eraseSession, hasUnheldImages, listDeletedSessions, unheldGraceMs, type Database, type DatabasePool } from '@reprise/store'
import type { Duty } from './background.ts'
import { eachInTurn } from './each-in-turn.ts'

export interface EraseSessionsServices {
  pool: Database & DatabasePool
  orderLater(name: string, startAfter: Date): Promise<void>
}

export const eraseSessionsName = 'erase-sessions'
const sessionsAtOnce = 100
const imagesAtOnce = 100
/** Images that came just now for a message are let alone for a while. */
const imagesLaterMs = unheldGraceMs + 1_000

/**
 * Erases the content of deleted sessions, and images that no message has any more. An order names a session that was just
 * deleted; every minute all are looked for that are left, of whatever crash.
 */
export function createEraseSessions({ pool, orderLater }: EraseSessionsServices): Duty {
  return {
    name: eraseSessionsName,
    cron: '* * * * *',
    // There is no reason to give up: what stops it passes.
    retries: { retryLimit: 1_000, retryDelay: 2, retryBackoff: true, retryDelayMax: 60, expireInSeconds: 900 },
    atOnce: 2,
    lookSeconds: 30,
    async perform(order, signal) {
      const { session_id } = order as { session_id?: string } // ordered here alone
      if (session_id !== undefined) {
        await eraseSession(pool, session_id, signal)
      } else {
        await eachInTurn(await listDeletedSessions(pool, sessionsAtOnce), signal, async (id) => await eraseSession(pool, id, signal))
      }
      while ((await deleteUnheldImages(pool, imagesAtOnce)) > 0) signal.throwIfAborted()
      if (session_id !== undefined && (await hasUnheldImages(pool))) await orderLater(eraseSessionsName, new Date(Date.now() + imagesLaterMs))
    },
  }
}

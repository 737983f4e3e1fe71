import { deleteSession as writeDeletion, inTransaction, type DatabasePool } from '@reprise/store'
import type { Background } from './background/background.ts'
import { eraseSessionsName } from './background/erase-sessions.ts'
import type { SessionPasts } from './prompt/session-pasts.ts'
import type { Worker } from './worker.ts'

export interface DeleteSessionRequest {
  organization_id: string
  session_id: string
}

export interface DeleteSessionServices {
  pool: DatabasePool
  worker: Worker
  background: Background
  pasts: SessionPasts
}

/**
 * Deletes a session. With the commit it is gone for everybody, and ordered to be erased; where nothing can be ordered, the
 * duty finds it by itself. What runs of it stops here at once, elsewhere with a heartbeat: whatever it still sends is fenced.
 */
export async function deleteSession({ pool, worker, background, pasts }: DeleteSessionServices, { organization_id, session_id }: DeleteSessionRequest): Promise<boolean> {
  const isReady = await background.isReady()
  const isDeleted = await inTransaction(pool, async (transaction, complete) => {
    if (!(await writeDeletion(transaction, organization_id, session_id))) return false
    if (isReady) await background.order(eraseSessionsName, { session_id }, { db: transaction })
    await complete()
    return true
  })
  if (isDeleted) {
    worker.leaveSession(session_id)
    pasts.forget(session_id)
  }
  return isDeleted
}

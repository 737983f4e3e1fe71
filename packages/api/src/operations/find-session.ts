import { AppError } from '@reprise/contract'
import { readSessionTip, type SessionTip } from '@reprise/store'
import type { Caller, PostingServices } from '../services.ts'

/**
 * Where a session's log stands. Sessions that are not there, deleted or another organization's are one to the caller.
 * Who is about to open a stream names the process that counts it.
 */
export async function findSession({ db }: PostingServices, caller: Caller, sessionId: string, processId?: string): Promise<SessionTip> {
  const tip = await readSessionTip(db, caller.organization_id, sessionId, processId)
  if (!tip) throw new AppError('session_not_found')
  return tip
}

import { AppError } from '@reprise/contract'
import { readSessionTip, type SessionTip } from '@reprise/store'
import type { Caller, Services } from '../services.ts'

/** Where a session's log stands. Sessions that are not there, deleted or another organization's are one to the caller. */
export async function findSession({ db, limits }: Services, caller: Caller, sessionId: string): Promise<SessionTip> {
  const tip = await readSessionTip(db, caller.organization_id, sessionId, limits.processId)
  if (!tip) throw new AppError('session_not_found')
  return tip
}

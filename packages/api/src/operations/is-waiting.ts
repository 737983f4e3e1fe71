import { readSession } from '@reprise/store'
import type { Caller, Services } from '../services.ts'

/** A call that is not found may be on its way: only a turn that waits tells what it waits for. */
export async function isWaiting({ db }: Services, caller: Caller, sessionId: string): Promise<boolean> {
  const session = await readSession(db, caller.organization_id, sessionId)
  return session?.status === 'waitingfortoolresults'
}

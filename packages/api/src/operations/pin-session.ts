import { AppError } from '@reprise/contract'
import { pinSession as storePin } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { getSessionInput } from './get-session.ts'

type Input = z.output<typeof getSessionInput>

/** Marks a session. May be asked again at any time. */
export async function pinSession(services: Services, caller: Caller, { session_id }: Input): Promise<void> {
  await setPin(services, caller, session_id, true)
}

/** Takes the mark away. May be asked again at any time. */
export async function unpinSession(services: Services, caller: Caller, { session_id }: Input): Promise<void> {
  await setPin(services, caller, session_id, false)
}

async function setPin({ db }: Services, caller: Caller, sessionId: string, isPinned: boolean): Promise<void> {
  if (!(await storePin(db, caller.organization_id, sessionId, isPinned))) throw new AppError('session_not_found')
}

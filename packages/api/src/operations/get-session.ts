import { AppError, ids, type Session } from '@reprise/contract'
import { readSession } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'

export const getSessionInput = z.object({ session_id: ids.session })

export async function getSession({ db }: Services, caller: Caller, { session_id }: z.output<typeof getSessionInput>): Promise<Session> {
  const session = await readSession(db, caller.organization_id, session_id)
  if (!session) throw new AppError('session_not_found')
  return session
}

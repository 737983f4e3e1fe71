import { AppError } from '@reprise/contract'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { getSessionInput } from './get-session.ts'

/** Gone for everybody when it returns. What of it runs or streams in other processes ends within a second or two. */
export async function deleteSession({ engine, hub }: Services, caller: Caller, { session_id }: z.output<typeof getSessionInput>): Promise<void> {
  if (!(await engine.deleteSession({ organization_id: caller.organization_id, session_id }))) throw new AppError('session_not_found')
  hub.end(session_id)
}

import { AppError, cancelScopes, ids, type CancelResponse } from '@reprise/contract'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'

export const cancelSessionInput = z.object({
  session_id: ids.session,
  scope: z.enum(cancelScopes).default('all').describe('`running`: the turns that wait go on after it'),
})

/** Ends the session's turns. May be asked again at any time: what has ended stays as it ended. */
export async function cancelSession({ engine }: Services, caller: Caller, { session_id, scope }: z.output<typeof cancelSessionInput>): Promise<CancelResponse> {
  const { outcome } = await engine.cancelTurns({ organization_id: caller.organization_id, session_id, scope })
  switch (outcome) {
    case 'cancelled':
      return { status: outcome, message: 'What runs is being cancelled, and ends within a second' }
    case 'no_op':
      return { status: outcome, message: 'There was nothing to cancel' }
    case 'not_found':
      throw new AppError('session_not_found')
  }
}

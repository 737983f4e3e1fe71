import { AppError, forkSessionRequest, ids, type Session } from '@reprise/contract'
import { forkSession as storeFork } from '@reprise/store'
import { z } from 'zod'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'

export const forkSessionInput = z.object({ session_id: ids.session, ...forkSessionRequest.shape })

/** A session with the same past up to a sequence, that goes its own way from there. The first one's turn runs on. */
export async function forkSession({ db }: Services, caller: Caller, { session_id, at_sequence, title }: z.output<typeof forkSessionInput>): Promise<Session> {
  const forked = await storeFork(db, { organization_id: caller.organization_id, session_id, at_sequence: at_sequence ?? null, title: title ?? null })
  switch (forked.outcome) {
    case 'forked':
      return forked.session
    case 'session_not_found':
      throw new AppError('session_not_found')
    case 'beyond_end':
      throw fieldError('invalid_request', 'at_sequence', `must be at most ${forked.last_sequence}, the session’s latest`)
  }
}

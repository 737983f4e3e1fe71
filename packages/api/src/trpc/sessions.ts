import { createSessionRequest } from '@reprise/contract'
import { createSession } from '../operations/create-session.ts'
import { getSession, getSessionInput } from '../operations/get-session.ts'
import { checked, procedure, router } from './procedures.ts'

export const sessions = router({
  create: procedure.input(checked(createSessionRequest)).mutation(({ ctx, input }) => createSession(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getSessionInput)).query(({ ctx, input }) => getSession(ctx.services, ctx.caller, input)),
})

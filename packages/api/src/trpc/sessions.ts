import { createSessionRequest } from '@reprise/contract'
import { cancelSession, cancelSessionInput } from '../operations/cancel-session.ts'
import { createSession } from '../operations/create-session.ts'
import { deleteSession } from '../operations/delete-session.ts'
import { forkSession, forkSessionInput } from '../operations/fork-session.ts'
import { getSession, getSessionInput } from '../operations/get-session.ts'
import { getSessionStats } from '../operations/get-session-stats.ts'
import { listSessions, listSessionsInput } from '../operations/list-sessions.ts'
import { pinSession, unpinSession } from '../operations/pin-session.ts'
import { submitToolApprovals, submitToolApprovalsInput } from '../operations/submit-tool-approvals.ts'
import { submitToolResults, submitToolResultsInput } from '../operations/submit-tool-results.ts'
import { updateSession, updateSessionInput } from '../operations/update-session.ts'
import { checked, procedure, router } from './procedures.ts'

/** An export is a file, and files are REST's: a typed caller pages through `messages.list`. */
export const sessions = router({
  create: procedure.input(checked(createSessionRequest)).mutation(({ ctx, input }) => createSession(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getSessionInput)).query(({ ctx, input }) => getSession(ctx.services, ctx.caller, input)),
  list: procedure.input(checked(listSessionsInput)).query(({ ctx, input }) => listSessions(ctx.services, ctx.caller, input)),
  stats: procedure.query(({ ctx }) => getSessionStats(ctx.services, ctx.caller)),
  update: procedure.input(checked(updateSessionInput)).mutation(({ ctx, input }) => updateSession(ctx.services, ctx.caller, input)),
  pin: procedure.input(checked(getSessionInput)).mutation(({ ctx, input }) => pinSession(ctx.services, ctx.caller, input)),
  unpin: procedure.input(checked(getSessionInput)).mutation(({ ctx, input }) => unpinSession(ctx.services, ctx.caller, input)),
  fork: procedure.input(checked(forkSessionInput)).mutation(({ ctx, input }) => forkSession(ctx.services, ctx.caller, input)),
  delete: procedure.input(checked(getSessionInput)).mutation(({ ctx, input }) => deleteSession(ctx.services, ctx.caller, input)),
  cancel: procedure.input(checked(cancelSessionInput)).mutation(({ ctx, input }) => cancelSession(ctx.services, ctx.caller, input)),
  submitToolResults: procedure.input(checked(submitToolResultsInput)).mutation(({ ctx, input }) => submitToolResults(ctx.services, ctx.caller, input)),
  submitToolApprovals: procedure.input(checked(submitToolApprovalsInput)).mutation(({ ctx, input }) => submitToolApprovals(ctx.services, ctx.caller, input)),
})

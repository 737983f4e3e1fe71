import { AppError } from '@reprise/contract'
import type { FastifyReply } from 'fastify'

/** Aborted when the caller goes away before its answer was sent: nobody waits for the rest. */
export function abortOnDisconnect({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => {
    // Nobody will read this; as a refusal it is at least not logged as a failure of ours.
    if (!raw.writableFinished) controller.abort(new AppError('body_incomplete', { message: 'The caller has disconnected' }))
  })
  return controller.signal
}

import { AppError } from '@reprise/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Limits } from './limits.ts'
import type { Verdict } from './request-limits.ts'

const windowSeconds = 60

/** Counts every request of this scope, whoever's it is by then, and refuses those over the limit before anything is read. */
export function guardRequests(server: FastifyInstance, limits: Limits): void {
  server.addHook('onRequest', (request, reply, done) => {
    const verdict = limits.judge(request.caller)
    if (verdict) tellLimit(reply, verdict)
    if (!verdict || verdict.isAccepted) return done()
    const { requestsMax, retryAfterSeconds } = verdict
    done(new AppError('rate_limited', { message: `At most ${requestsMax} requests a minute are accepted`, retryAfterSeconds }))
  })
}

/** As draft-ietf-httpapi-ratelimit-headers has it since its version 08: the policy, and what is left of it. */
function tellLimit(reply: FastifyReply, { requestsMax, remaining, resetSeconds }: Verdict): void {
  reply.header('ratelimit-policy', `"requests";q=${requestsMax};w=${windowSeconds}`)
  reply.header('ratelimit', `"requests";r=${remaining};t=${resetSeconds}`)
}

import { AppError, ids, type Workflow } from '@reprise/contract'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { queueRetrySeconds } from './create-message.ts'
import { getWorkflow } from './get-workflow.ts'

export const retryDeadLetterInput = z.object({ dead_letter_id: ids.turn.describe('The id of the turn that failed') })

/** Answers a failed turn's message again, in a new turn: the same one however often it is asked for. */
export async function retryDeadLetter(services: Services, caller: Caller, { dead_letter_id }: z.output<typeof retryDeadLetterInput>): Promise<Workflow> {
  const retried = await services.engine.retryTurn({ organization_id: caller.organization_id, turn_id: dead_letter_id })
  switch (retried.outcome) {
    case 'retried':
      return await getWorkflow(services, caller, { workflow_id: retried.turn_id })
    case 'turn_not_found':
    case 'turn_not_failed':
      throw new AppError(retried.outcome)
    case 'queue_full':
      throw new AppError('queue_full', { retryAfterSeconds: queueRetrySeconds })
    case 'unknown_model':
      throw new AppError('unknown_model', { message: 'The model of the failed turn cannot answer any more' })
  }
}

import { AppError, type CancelResponse } from '@reprise/contract'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import type { getWorkflowInput } from './get-workflow.ts'

/** Ends one turn, whether it runs or waits, and no other. */
export async function cancelWorkflow({ engine }: Services, caller: Caller, { workflow_id }: z.output<typeof getWorkflowInput>): Promise<CancelResponse> {
  const { outcome } = await engine.cancelTurns({ organization_id: caller.organization_id, turn_id: workflow_id })
  switch (outcome) {
    case 'cancelled':
      return { status: outcome, message: 'The turn is being cancelled, and ends within a second' }
    case 'no_op':
      return { status: outcome, message: 'The turn had ended already' }
    case 'not_found':
      throw new AppError('turn_not_found')
  }
}

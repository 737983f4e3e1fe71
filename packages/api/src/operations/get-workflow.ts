import { AppError, ids, type Workflow } from '@reprise/contract'
import { readWorkflow } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'

export const getWorkflowInput = z.object({ workflow_id: ids.turn.describe('The id of the turn') })

export async function getWorkflow({ db }: Services, caller: Caller, { workflow_id }: z.output<typeof getWorkflowInput>): Promise<Workflow> {
  const workflow = await readWorkflow(db, caller.organization_id, workflow_id)
  if (!workflow) throw new AppError('turn_not_found')
  return workflow
}

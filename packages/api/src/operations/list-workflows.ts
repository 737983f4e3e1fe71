import { turnStatus, type Workflow } from '@reprise/contract'
import { countWorkflows, listWorkflows as readWorkflows } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { pageInput, type Page } from './page.ts'

export const listWorkflowsInput = pageInput.extend({ status: turnStatus.optional() })

/** The organization's turns, the newest first. */
export async function listWorkflows({ db }: Services, caller: Caller, { status, offset, limit }: z.output<typeof listWorkflowsInput>): Promise<Page<Workflow>> {
  const filter = { organization_id: caller.organization_id, status: status ?? null }
  const [data, total] = await Promise.all([readWorkflows(db, filter, { offset, limit }), countWorkflows(db, filter)])
  return { data, total, offset, limit }
}

import { countWorkflowEvents, readEvents, type EventRecord } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { getWorkflow, getWorkflowInput } from './get-workflow.ts'
import { listEventsShape } from './list-events-input.ts'
import type { Counted } from './page.ts'

const { limit, after_sequence } = listEventsShape
export const listWorkflowEventsInput = getWorkflowInput.extend({ after_sequence, limit: limit.describe('At most this many, the oldest first') })

/** The events of one turn. The next page begins after the last sequence of this one. */
export async function listWorkflowEvents(services: Services, caller: Caller, input: z.output<typeof listWorkflowEventsInput>): Promise<Counted<EventRecord>> {
  const { organization_id } = caller
  const workflow = await getWorkflow(services, caller, input)
  const after_sequence = Math.max(input.after_sequence ?? 0, workflow.input_sequence - 1)
  const filter = { organization_id, session_id: workflow.session_id, turn_id: workflow.id, after_sequence, limit: input.limit, newest: false }
  const [data, total] = await Promise.all([readEvents(services.db, filter), countWorkflowEvents(services.db, organization_id, workflow)])
  return { data, total }
}

import { AppError, ids, promptRecord, type Event, type EventData, type ModelRequest } from '@reprise/contract'
import { readEvents } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { getWorkflow, getWorkflowInput } from './get-workflow.ts'

export const getModelRequestInput = getWorkflowInput.extend({ event_id: ids.event.describe('Of the call’s `llm.generation`') })

/** What went to the model in one call of a turn. */
export async function getModelRequest(services: Services, caller: Caller, { workflow_id, event_id }: z.output<typeof getModelRequestInput>, signal: AbortSignal): Promise<ModelRequest> {
  const { organization_id } = caller
  const { id: turn_id, session_id, input_sequence } = await getWorkflow(services, caller, { workflow_id })
  const calls = await readEvents(services.db, { organization_id, session_id, turn_id, types: ['llm.generation'], after_sequence: input_sequence - 1, limit: callsMax, newest: false })
  const call = calls.find(({ id }) => id === event_id)
  if (!call) throw new AppError('model_call_not_found')
  const { metadata, output } = (JSON.parse(call.json) as Event).data as unknown as EventData['llm.generation'] // written by us
  const prompt = promptRecord.safeParse(metadata.prompt).data ?? null
  const rebuilt = await services.engine.rebuildRequest({ organization_id, turn_id, prompt, answer_id: output.message_id, signal })
  if (!rebuilt) throw new AppError('turn_not_found')
  return rebuilt
}

/** A turn may make so many calls at the most, retries included. */
const callsMax = 1_000

import { newId, type ToolResultPart } from '@reprise/contract'
import { reachCrashPoint, type Answer, type CallerCall, type Database, type Journal, type NewEvent, type NewMessage, type ToolCallChange } from '@reprise/store'
import type { Worker } from './worker.ts'

export interface AnswerServices {
  db: Database
  journal: Journal
  worker: Worker
}

/** What somebody outside said of calls that a parked turn waits for. */
export interface NewAnswer {
  organization_id: string
  session_id: string
  /** As they were read: none is twice here, and there is at least one. */
  calls: readonly CallerCall[]
  events: NewEvent[]
  messages: NewMessage[]
  changed_calls: ToolCallChange[]
}

/**
 * Appends an answer to the parked turn as its calls were read. The answer to the last call that the turn waits for wakes
 * it, here if a slot is free. False when the turn has moved on since: the calls are to be read again.
 */
export async function appendAnswer({ journal, worker }: AnswerServices, { calls, ...said }: NewAnswer): Promise<boolean> {
  const { organization_id, session_id } = said
  const { turn_id, ordinal, input_message_id, epoch, checkpoint_number, awaited_calls, turns_running_max } = calls[0]!
  const isComplete = calls.length === awaited_calls
  const hasSlot = isComplete && worker.takeSlot({ organization_id, turns_running_max })
  let isRunning = false
  try {
    const answer: Answer = {
      kind: 'answer',
      ...said,
      turn_id,
      message_id: input_message_id,
      worker_id: hasSlot ? worker.id : null,
      ordinal,
      epoch,
      checkpoint_number,
      turn_status: isComplete ? 'running' : 'parked',
      edge_events: [],
    }
    const result = await journal.answer(answer)
    if (result.outcome !== 'stored') return false
    reachCrashPoint('turn.answered_by_caller')
    if (hasSlot) {
      isRunning = true
      worker.takeUp({ organization_id, session_id, turn_id, epoch: epoch + 1, may_have_run: false })
    }
    return true
  } finally {
    if (hasSlot && !isRunning) worker.freeSlot(organization_id)
  }
}

/** The message of a result that came from outside. */
export function makeResultMessage(part: ToolResultPart, event_index: number, place: number): NewMessage {
  return {
    id: newId('message'),
    event_index,
    place,
    role: 'tool_result',
    content_json: JSON.stringify([part]),
    controls_json: null,
    metadata_json: null,
    tags_json: null,
    external_actor_json: null,
    thinking_blocks: null,
    model_id: null,
    usage: null,
    image_ids: part.images?.map(({ image_id }) => image_id),
  }
}

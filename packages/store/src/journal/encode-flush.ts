import { limits } from '@reprise/contract'
import type { Append, NewEvent, NewMessage } from './append.ts'

/** An append on its way: `resent` once its reply was lost, so that the journal looks for what it stored. */
export interface PendingAppend {
  append: Append
  resent: boolean
}

/**
 * Writes the parameters of `append_checkpoints`. Texts of callers are put in as they are: they are JSON already, and
 * stay the caller's own bytes.
 */
export function encodeFlush(batch: readonly PendingAppend[], waitForLocks: boolean): unknown[] {
  const sessionIds: string[] = []
  const appends: string[] = []
  const images: string[] = []
  batch.forEach(({ append, resent }, i) => {
    const { events, edge_events, messages, image_ids = [], ...fields } = append
    const counts = { event_count: events.length, edge_event_count: edge_events.length, waiting_max: limits.turnsWaitingMax }
    const own = JSON.stringify({ i, resent, ...counts, ...fields })
    sessionIds.push(append.session_id)
    appends.push(
      `${own.slice(0, -1)},"events":${encodeEvents(events)},"edge_events":${encodeEvents(edge_events)},"messages":${list(messages.map(encodeMessage))}}`,
    )
    for (const id of image_ids) images.push(JSON.stringify({ i, id }))
  })
  return [sessionIds, list(appends), images.length > 0 ? list(images) : null, waitForLocks]
}

export function encodeEvents(events: readonly NewEvent[]): string {
  return list(events.map((event) => `{"type":"${event.type}","data":${event.data_json}}`))
}

function encodeMessage(message: NewMessage): string {
  const { id, event_index, place, role, model_id, usage, thinking_blocks } = message
  const own = JSON.stringify({ id, event_index, place, role, model_id, usage, thinking_blocks })
  return (
    `${own.slice(0, -1)},"content":${message.content_json},"controls":${message.controls_json ?? 'null'},` +
    `"metadata":${message.metadata_json ?? 'null'},"tags":${message.tags_json ?? 'null'},"external_actor":${message.external_actor_json ?? 'null'}}`
  )
}

function list(items: readonly string[]): string {
  return `[${items.join(',')}]`
}

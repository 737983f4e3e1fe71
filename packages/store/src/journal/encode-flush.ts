import { limits } from '@reprise/contract'
import { sumUsed } from './sum-used.ts'
import type { Accept, Answer, Append, Checkpoint, NewEvent, NewMessage } from './append.ts'

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
    sessionIds.push(append.session_id)
    appends.push(encodeAppend(append, i, resent))
    for (const image of listImages(append)) images.push(JSON.stringify({ i, ...image }))
  })
  return [sessionIds, list(appends), images.length > 0 ? list(images) : null, waitForLocks]
}

/** `event_index` says which event's message shows the image; without it, the append's first. */
function listImages(append: Append): { id: string; event_index?: number }[] {
  if (append.kind === 'cancel') return []
  if (append.kind === 'accept') return append.image_ids.map((id) => ({ id }))
  return append.messages.flatMap(({ event_index, image_ids = [] }) => image_ids.map((id) => ({ id, event_index })))
}

function encodeAppend(append: Append, i: number, resent: boolean): string {
  if (append.kind === 'cancel') return JSON.stringify({ i, resent, ...noEvents, ...append })
  const { events, edge_events, messages } = append
  const settleEvents = append.kind === 'checkpoint' ? append.settle_events : []
  const counts = { event_count: events.length, settle_event_count: settleEvents.length, edge_event_count: edge_events.length }
  const own = JSON.stringify({ i, resent, ...counts, ...(append.kind === 'accept' ? describeAccept(append) : describeStep(append)) })
  return (
    `${own.slice(0, -1)},"events":${encodeEvents(events)},"settle_events":${encodeEvents(settleEvents)},` +
    `"edge_events":${encodeEvents(edge_events)},"messages":${list(messages.map(encodeMessage))}}`
  )
}

/** Each field costs every append of a flush something in PostgreSQL: what is absent there is null, and need not be said. */
function describeAccept(accept: Accept): object {
  const { events: _events, edge_events: _edges, messages: _messages, image_ids: _images, ...fields } = accept
  return { waiting_max: limits.turnsWaitingMax, ...omitNulls(fields) }
}

function describeStep(step: Checkpoint | Answer): object {
  const { events: _events, edge_events: _edges, messages, changed_calls, ...fields } = step
  const changed = changed_calls.length > 0 ? { changed_calls } : {}
  if (fields.kind === 'answer') return { ...omitNulls(fields), ...changed }
  const used = sumUsed(messages)
  const { settle_events: _settling, opened_calls, placed_steers, retry_in_ms, deadline_in_ms, resets_recoveries, ...rest } = fields
  return {
    ...omitNulls(rest),
    ...changed,
    placed_count: placed_steers.length,
    ...(used && { used }),
    ...(opened_calls.length > 0 && { opened_calls }),
    ...(placed_steers.length > 0 && { placed_steers }),
    ...(retry_in_ms > 0 && { retry_in_ms }),
    ...(deadline_in_ms > 0 && { deadline_in_ms }),
    ...(resets_recoveries && { resets_recoveries }),
  }
}

/** A plain loop: this runs several times a turn, and lists of entries cost a tenth of the whole flush. */
function omitNulls(fields: object): object {
  const kept: Record<string, unknown> = {}
  for (const key in fields) {
    const value = fields[key as keyof typeof fields] // its own keys
    if (value !== null) kept[key] = value
  }
  return kept
}

const noEvents = { event_count: 0, settle_event_count: 0, edge_event_count: 0 }

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

import { showStoredContent, type ContentPart } from '@reprise/contract'
import type { NewMessage } from '../journal/append.ts'

/** A message as it is stored. The caller's own JSON stays text: it is written out as it came in, never parsed on the way. */
export interface StoredMessage extends Omit<NewMessage, 'event_index' | 'place' | 'image_ids'> {
  /** Null for a message that joined a turn and is in none of its prompts yet. */
  place: number | null
  session_id: string
  sequence: number
  turn_id: string
  created_at: string
}

/** The columns of a StoredMessage, for every query that reads messages as `m`. */
export const messageColumns = `m.id, m.session_id, m.sequence, m.turn_id, m.place, m.role, m.content::text AS content_json,
  m.controls::text AS controls_json, m.metadata::text AS metadata_json, m.tags::text AS tags_json,
  m.external_actor::text AS external_actor_json, m.thinking_blocks, m.model_id, m.usage, m.created_at`

/** A message's JSON on the wire. `contentJson` replaces the stored content where it is to be shown in another form. */
export function writeMessage(message: StoredMessage, contentJson = showContentJson(message.content_json), delivery?: string): string {
  const { thinking_blocks: blocks } = message
  // Redacted thinking has no text to show.
  const thoughts = blocks?.map((block) => block.text).filter((text) => text !== '') ?? []
  const thinking = thoughts.length > 0 ? JSON.stringify(thoughts.join('\n')) : 'null'
  const signature = JSON.stringify(blocks?.findLast((block) => block.signature !== null)?.signature ?? null)
  return (
    `{"id":"${message.id}","session_id":"${message.session_id}","sequence":${message.sequence},"role":"${message.role}",` +
    `"content":${contentJson},"controls":${message.controls_json ?? 'null'},"metadata":${message.metadata_json ?? 'null'},` +
    `"tags":${message.tags_json ?? '[]'},"created_at":"${message.created_at}","thinking":${thinking},"thinking_signature":${signature},` +
    `"external_actor":${message.external_actor_json ?? 'null'},"turn_id":"${message.turn_id}"${delivery ? `,"delivery":"${delivery}"` : ''}}`
  )
}

/** Inline images become urls of this server; any other content is shown byte for byte. */
function showContentJson(contentJson: string): string {
  if (!contentJson.includes('@img_')) return contentJson
  return JSON.stringify(showStoredContent(JSON.parse(contentJson) as ContentPart[])) // stored by us, from checked content
}

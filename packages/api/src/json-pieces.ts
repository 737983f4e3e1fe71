import { writeMessage, type StoredMessage } from '@reprise/store'

/**
 * JSON text in pieces, so that megabytes of it that exist as bytes are sent as they are, never put into a string or
 * copied into a larger buffer.
 */
export type JsonPieces = (string | Uint8Array)[]

const contentKey = '"content":'

/** A message's JSON with these bytes as its content. */
export function putContent(message: StoredMessage, content: Uint8Array, delivery?: string): JsonPieces {
  const around = writeMessage(message, '', delivery)
  // The first key of this name is the message's own: before it stand only ids, a number and a role.
  const at = around.indexOf(contentKey) + contentKey.length
  return [around.slice(0, at), content, around.slice(at)]
}

export function joinPieces(parts: readonly JsonPieces[], separator: string): JsonPieces {
  return parts.flatMap((pieces, index) => (index === 0 ? pieces : [separator, ...pieces]))
}

import type { CreateMessageRequest } from '@reprise/contract'
import type { MessageImage } from './checked-image.ts'

/** What a message's body comes to. All `…_json` members are the caller's own JSON text. */
export interface MessageBody {
  /** Validated by the contract's schema; the base64 of inline images is replaced by the stored reference. */
  request: CreateMessageRequest
  /** `message.content`, with only the base64 of inline images replaced by the stored reference. */
  content_json: string
  /** The bytes of `message.content` exactly as sent, where they differ from `content_json`: with inline images. */
  sent_content: Uint8Array | null
  controls_json: string | null
  metadata_json: string | null
  tags_json: string | null
  external_actor_json: string | null
  /** The inline images, each once however often it was sent. */
  images: MessageImage[]
  /** The ids that `image_file` parts name, each once. */
  image_file_ids: string[]
  /** Of the body's raw bytes, in hex. */
  body_sha256: string
}

import type { ProcessedToolResult } from '@reprise/compute'
import type { ImageMediaType } from '@reprise/contract'
import { insertImage, insertToolResultValue, makeValueId, type Database } from '@reprise/store'
import type { CallAddress } from './process-tool-outcome.ts'

export interface KeptToolResult {
  images?: { image_id: string; media_type: ImageMediaType }[]
  value_id?: string
}

/**
 * Stores what a result has beside its message. It has ids made of its content, so doing it again, here or by whoever
 * takes the turn up, changes nothing.
 */
export async function keepToolResult(db: Database, { organization_id, session_id, tool_call_id }: CallAddress, { images, whole }: ProcessedToolResult): Promise<KeptToolResult> {
  const kept: KeptToolResult = {}
  for (const { image_id, ...image } of images) await insertImage(db, { ...image, organization_id, id: image_id, filename: null, uploaded: false })
  if (images.length > 0) kept.images = images.map(({ image_id, media_type }) => ({ image_id, media_type }))
  if (whole) {
    kept.value_id = makeValueId(organization_id, session_id, tool_call_id, whole.sha256)
    await insertToolResultValue(db, { organization_id, session_id, value_id: kept.value_id, bytes: whole.bytes })
  }
  return kept
}

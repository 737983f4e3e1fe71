import { createHash } from 'node:crypto'
import type { Parsed } from '@reprise/contract'
import { limits } from '@reprise/contract'
import { checkImage } from './check-image/check-image.ts'
import type { MessageImage } from './checked-image.ts'
import { decodeBase64 } from './decode-base64.ts'
import { findResultImages } from './find-result-images.ts'
import type { ResultImage } from './find-result-images.ts'
import { imageId } from './image-id.ts'
import { toTransferable } from './transfer.ts'

/**
 * Takes the images out of a tool's result, each once, and leaves `{"type":"image","image":1}` where the first was. One
 * that is no image, or one too many, becomes a few words: a tool's mistake must not end the turn.
 */
export async function takeResultImages(root: { value: unknown }, organizationId: string): Promise<MessageImage[]> {
  const images: MessageImage[] = []
  let found = 0
  for (const image of findResultImages(root)) {
    if (++found > limits.toolResultImagesMax) {
      image.replace(`[an image was left out: a result may hold ${limits.toolResultImagesMax}]`)
      continue
    }
    const taken = await takeImage(image, organizationId, images)
    if (!taken.ok) image.replace(`[an image was left out: it ${taken.refusal.message}]`)
    else image.replace({ type: 'image', image: taken.value })
  }
  return images
}

/** Answers its number among the images, from 1. */
async function takeImage({ base64, declared }: ResultImage, organizationId: string, images: MessageImage[]): Promise<Parsed<number>> {
  // Encoders of mail break the lines of base64, and tools use them.
  const bytes = decodeBase64(base64) ?? decodeBase64(base64.replace(/\s+/g, ''))
  if (!bytes) return { ok: false, refusal: { code: 'invalid_image', message: 'is not base64' } }
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const known = images.findIndex((image) => image.sha256 === sha256)
  if (known >= 0) return { ok: true, value: known + 1 }
  const checked = await checkImage(toTransferable(bytes), declared === null ? [] : [declared === 'image/jpg' ? 'image/jpeg' : declared])
  if (!checked.ok) return checked
  images.push({ ...checked.value, image_id: imageId(organizationId, sha256) })
  return { ok: true, value: images.length }
}

import type { Image } from '@reprise/contract'
import { breaksReference, type Database } from '../database.ts'

export interface NewImage {
  organization_id: string
  id: string
  sha256: string
  filename: string | null
  /** False for an image that came inside a message. */
  uploaded: boolean
  media_type: string
  width: number
  height: number
  bytes: Uint8Array
  thumbnail: Uint8Array
  thumbnail_media_type: string
}

const insertTriesMax = 5

/** Stores an image. Bytes that the organization has already are not stored, nor sent, again. */
export async function insertImage(db: Database, image: NewImage): Promise<Image> {
  // More than once only where the last other image of the same bytes is deleted at this very moment.
  for (let tries = 0; tries < insertTriesMax; tries++) {
    const inserted = await insertImageRow(db, image)
    if (inserted) return inserted
    await insertImageBlob(db, image)
  }
  throw new Error('an image blob vanished between its insert and its use')
}

async function insertImageBlob(db: Database, image: NewImage): Promise<void> {
  await db.query({
    name: 'insert_image_blob',
    text: `/* insertImageBlob */
INSERT INTO image_blobs (organization_id, sha256, content_type, size_bytes, width, height, bytes, thumbnail, thumbnail_content_type)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    values: [
      image.organization_id, image.sha256, image.media_type, image.bytes.byteLength, image.width, image.height, asBuffer(image.bytes),
      asBuffer(image.thumbnail), image.thumbnail_media_type,
    ],
  })
}

/** Null when the organization does not have the bytes. One that came for a message may be unheld from now on (see unheld-images.ts, U2). */
async function insertImageRow(db: Database, { organization_id, id, sha256, filename, uploaded }: NewImage): Promise<Image | null> {
  const { rows } = await ignoreLostBlob(db.query<Image>({
    name: 'insert_image',
    text: `/* insertImage */
WITH blob AS (SELECT content_type, size_bytes FROM image_blobs WHERE organization_id = $1 AND sha256 = $3),
new AS (
  INSERT INTO images (organization_id, id, sha256, filename, uploaded, unheld_since)
  SELECT $1, $2, $3, $4, $5, CASE WHEN NOT $5 THEN clock_timestamp() END FROM blob
  ON CONFLICT (organization_id, id) DO UPDATE SET unheld_since = clock_timestamp() WHERE NOT images.uploaded
  RETURNING id, filename, created_at
)
SELECT i.id, i.filename, blob.content_type, blob.size_bytes, i.created_at
FROM blob, (SELECT * FROM new UNION SELECT id, filename, created_at FROM images WHERE organization_id = $1 AND id = $2) i`,
    values: [organization_id, id, sha256, filename, uploaded],
  }))
  return rows[0] ?? null
}

/** The bytes were there, and went before the image that shows them was written. */
async function ignoreLostBlob(inserted: Promise<{ rows: Image[] }>): Promise<{ rows: Image[] }> {
  try {
    return await inserted
  } catch (error) {
    if (breaksReference(error, 'images_organization_id_sha256_fkey')) return { rows: [] }
    throw error
  }
}

export interface ImageBytes {
  id: string
  filename: string | null
  sha256: string
  content_type: string
  bytes: Buffer
}

export async function readImageBytes(db: Database, organizationId: string, imageId: string, form: 'full' | 'thumbnail'): Promise<ImageBytes | null> {
  const columns = form === 'full' ? 'b.content_type, b.bytes' : 'b.thumbnail_content_type AS content_type, b.thumbnail AS bytes'
  const { rows } = await db.query<ImageBytes>({
    name: `read_image_${form}`,
    text: `/* readImageBytes */
SELECT i.id, i.filename, i.sha256, ${columns}
FROM images i JOIN image_blobs b ON b.organization_id = i.organization_id AND b.sha256 = i.sha256
WHERE i.organization_id = $1 AND i.id = $2`,
    values: [organizationId, imageId],
  })
  return rows[0] ?? null
}

/** Which of these images the organization has. */
export async function findImages(db: Database, organizationId: string, imageIds: readonly string[]): Promise<Map<string, { content_type: string }>> {
  const { rows } = await db.query<{ id: string; content_type: string }>({
    name: 'find_images',
    text: `/* findImages */
SELECT i.id, b.content_type
FROM images i JOIN image_blobs b ON b.organization_id = i.organization_id AND b.sha256 = i.sha256
WHERE i.organization_id = $1 AND i.id = ANY ($2::text[])`,
    values: [organizationId, imageIds],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The images that a message shows, by their ids. */
export async function listMessageImages(db: Database, sessionId: string, messageSequence: number): Promise<string[]> {
  const { rows } = await db.query<{ image_id: string }>({
    text: '/* listMessageImages */ SELECT image_id FROM message_images WHERE session_id = $1 AND message_sequence = $2',
    values: [sessionId, messageSequence],
  })
  return rows.map((row) => row.image_id)
}

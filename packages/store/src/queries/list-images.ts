import type { Image } from '@reprise/contract'
import type { Database } from '../database.ts'

interface ImagePage {
  limit: number
  /** The id of an uploaded image: only what was uploaded before it. */
  before?: string
}

/** Uploaded images, newest first; null where `before` names none. */
export async function listImages(db: Database, organizationId: string, { limit, before }: ImagePage): Promise<Image[] | null> {
  const { rows } = await db.query<Image & { is_found: boolean }>({
    name: 'list_images',
    text: `/* listImages */
WITH mark AS (SELECT created_at, id FROM images WHERE organization_id = $1 AND id = $3 AND uploaded)
SELECT page.*, $3::text IS NULL OR EXISTS (SELECT FROM mark) AS is_found
FROM (VALUES (1)) always_a_row
LEFT JOIN LATERAL (
  SELECT i.id, i.filename, b.content_type, b.size_bytes, i.created_at
  FROM images i JOIN image_blobs b ON b.organization_id = i.organization_id AND b.sha256 = i.sha256
  WHERE i.organization_id = $1 AND i.uploaded AND ($3 IS NULL OR (i.created_at, i.id) < (SELECT created_at, id FROM mark))
  ORDER BY i.created_at DESC, i.id DESC LIMIT $2
) page ON true
ORDER BY page.created_at DESC, page.id DESC`,
    values: [organizationId, limit, before ?? null],
  })
  if (!rows[0]!.is_found) return null
  return rows.filter(({ id }) => id !== null).map(({ is_found: _found, ...image }) => image)
}

/**
 * Deletes images that came for a message and are held by none.
 *
 * U1  An image is deleted only by the statement that finds no holder of it.
 * U2  Whoever stores an image says first that it may be unheld, from now: for the grace that follows nobody deletes it, and
 *     by then the message that shows it is committed or never will be.
 */
import { inTransaction, type Database, type DatabasePool } from '../database.ts'

/** Longer than an accept may be on its way: a statement's timeout, and as long again to send it anew. */
export const unheldGraceMs = 30_000

/** Looks at so many images at most, and answers how many it has looked at. */
export async function deleteUnheldImages(pool: DatabasePool, limit: number): Promise<number> {
  return await inTransaction(pool, async (transaction, complete) => {
    const { rows } = await transaction.query<{ organization_id: string; sha256: string; deleted: boolean }>({
      text: `/* deleteUnheldImages */
WITH seen AS (
  SELECT organization_id, id, sha256,
    EXISTS (SELECT FROM message_images m WHERE m.organization_id = images.organization_id AND m.image_id = images.id) AS is_held
  FROM images WHERE unheld_since < clock_timestamp() - $2 * interval '1 millisecond'
  ORDER BY unheld_since LIMIT $1 FOR UPDATE SKIP LOCKED
),
kept AS (
  UPDATE images i SET unheld_since = NULL FROM seen s WHERE i.organization_id = s.organization_id AND i.id = s.id AND s.is_held
),
deleted AS (
  DELETE FROM images i USING seen s
  WHERE i.organization_id = s.organization_id AND i.id = s.id AND NOT s.is_held
)
SELECT organization_id, sha256, NOT is_held AS deleted FROM seen`,
      values: [limit, unheldGraceMs],
    })
    const gone = rows.filter((row) => row.deleted)
    const blobs = [gone.map((row) => row.organization_id), gone.map((row) => row.sha256)]
    // Locked first, so that the next statement sees every image that somebody gives these bytes.
    await transaction.query({
      text: `/* lockBlobs */
SELECT FROM image_blobs b JOIN unnest($1::text[], $2::text[]) AS gone(organization_id, sha256) USING (organization_id, sha256)
ORDER BY b.organization_id, b.sha256 FOR UPDATE OF b`,
      values: blobs,
    })
    await transaction.query({
      text: `/* deleteUnusedBlobs */
DELETE FROM image_blobs b USING unnest($1::text[], $2::text[]) AS gone(organization_id, sha256)
WHERE b.organization_id = gone.organization_id AND b.sha256 = gone.sha256
  AND NOT EXISTS (SELECT FROM images i WHERE i.organization_id = b.organization_id AND i.sha256 = b.sha256)`,
      values: blobs,
    })
    await complete()
    return rows.length
  })
}

/** Whether some are left that may be unheld, to be looked at when their grace is over. */
export async function hasUnheldImages(db: Database): Promise<boolean> {
  const { rows } = await db.query<{ has: boolean }>({ text: '/* hasUnheldImages */ SELECT EXISTS (SELECT FROM images WHERE unheld_since IS NOT NULL) AS has' })
  return rows[0]!.has
}

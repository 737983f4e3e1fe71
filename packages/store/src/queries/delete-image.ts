import { breaksReference, type Database } from '../database.ts'

/** Deletes an image that no message shows, and its bytes where no other image has them: D1 and D2 in migrations/0017. */
export async function deleteImage(db: Database, organizationId: string, imageId: string): Promise<'deleted' | 'in_use' | 'not_found'> {
  const { rows } = await db.query<{ outcome: 'deleted' | 'in_use' | 'not_found' }>({
    name: 'delete_image',
    text: '/* deleteImage */ SELECT delete_image($1, $2) AS outcome',
    values: [organizationId, imageId],
  })
  return rows[0]!.outcome
}

/** True for the refusal of a message that refers to an image which was deleted at that moment. */
export function wasImageDeleted(error: unknown): boolean {
  return breaksReference(error, 'message_images_organization_id_image_id_fkey')
}

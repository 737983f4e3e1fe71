import { createHash } from 'node:crypto'
import { idPrefixes } from '@reprise/contract'

/** The same bytes in one organization are one image, so its id is made of both, and posting it twice stores it once. */
export function imageId(organizationId: string, imageSha256: string): string {
  const digits = createHash('sha256').update(`${organizationId}:${imageSha256}`).digest('hex').slice(0, 32)
  return `${idPrefixes.image}_${digits}`
}

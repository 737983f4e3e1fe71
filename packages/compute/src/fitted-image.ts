import type { ImageMediaType } from '@reprise/contract'

/** What a vendor takes of an image. */
export interface ImageBounds {
  mediaTypes: readonly ImageMediaType[]
  /** Of the image itself, before base64. */
  bytesMax: number
  /** Of the longer edge. */
  edgePixelsMax: number
}

export interface FittedImage {
  media_type: ImageMediaType
  base64: string
}

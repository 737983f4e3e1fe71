import type { ImageMediaType } from '@reprise/contract'

/** An image that was decoded completely. */
export interface CheckedImage {
  /** What the bytes are, whatever was declared. */
  media_type: ImageMediaType
  size_bytes: number
  /** As stored in the file: an EXIF orientation turns only the thumbnail. */
  width: number
  height: number
  frames: number
  /** Of the bytes, in hex. */
  sha256: string
  bytes: Uint8Array
  /** The first frame, upright, at most 200 pixels at its longer edge. */
  thumbnail: Uint8Array
  thumbnail_media_type: 'image/webp'
}

export interface MessageImage extends CheckedImage {
  image_id: string
}

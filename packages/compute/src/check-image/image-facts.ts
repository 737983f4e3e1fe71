import { AppError, limits } from '@reprise/contract'

/** What a file's own structure says, before any decoder has seen it. */
export interface ImageFacts {
  width: number
  height: number
  frames: number
}

/**
 * An animation of tiny frames stays below the pixel limit for ever, while each frame costs a decoder a fixed time.
 * A minute at 30 frames a second fits.
 */
const framesMax = 2_000

/** What the walkers throw: they stand deep in a file's structure, and `checkImage` turns it into a refusal. */
export function invalidImage(message: string): AppError {
  return new AppError('invalid_image', { message })
}

/** Refuses by the numbers in a header, so that a bomb is known before anything is decoded. */
export function judgeSize({ width, height, frames }: ImageFacts): void {
  if (width === 0 || height === 0) throw invalidImage('has a width or height of 0')
  if (frames > framesMax) throw invalidImage(`has more than ${framesMax} frames`)
  if (width * height * frames > limits.imagePixelsMax) {
    const size = frames > 1 ? `${width} × ${height} with ${frames} frames or more` : `${width} × ${height}`
    throw invalidImage(`is ${size}: at most ${limits.imagePixelsMax / 1_000_000} megapixels are allowed, all frames together`)
  }
}

export function invalidWhenCut(bytes: Uint8Array, end: number): void {
  if (end > bytes.length) throw invalidImage('is cut off')
}

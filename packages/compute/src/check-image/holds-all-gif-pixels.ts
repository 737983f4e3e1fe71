import type { Buffer } from 'node:buffer'

const codesMax = 4096
const codeBitsMax = 12

/**
 * True when a frame's LZW data gives at least its pixels. Decoders fill in what is missing without a word, so a frame
 * that lost its end is known only by counting. Only the length of each code's run of pixels is kept, not the pixels.
 */
export function holdsAllGifPixels(bytes: Buffer, dataStart: number, pixelsExpected: number): boolean {
  const rootBits = bytes[dataStart]!
  const clearCode = 1 << rootBits
  const endCode = clearCode + 1
  const runLengths = new Uint32Array(codesMax).fill(1)
  let codeBits = rootBits + 1
  let nextCode = endCode + 1
  let previousLength = 0
  let pixels = 0
  let window = 0
  let windowBits = 0

  for (let at = dataStart + 1, length = bytes[at]!; length > 0; at += 1 + length, length = bytes[at]!) {
    for (let index = at + 1; index <= at + length; index++) {
      window |= bytes[index]! << windowBits
      windowBits += 8
      while (windowBits >= codeBits) {
        const code = window & ((1 << codeBits) - 1)
        window >>>= codeBits
        windowBits -= codeBits
        if (code === endCode) return false
        if (code === clearCode) {
          codeBits = rootBits + 1
          nextCode = endCode + 1
          previousLength = 0
          continue
        }
        // A code may be the one that is just being made, and none beyond it.
        if (code > nextCode || (code === nextCode && previousLength === 0)) return false
        if (previousLength > 0 && nextCode < codesMax) {
          runLengths[nextCode++] = previousLength + 1
          if (nextCode === 1 << codeBits && codeBits < codeBitsMax) codeBits++
        }
        previousLength = runLengths[code]!
        pixels += previousLength
        if (pixels >= pixelsExpected) return true
      }
    }
  }
  return false
}

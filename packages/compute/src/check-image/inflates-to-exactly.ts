import { Buffer } from 'node:buffer'
import { createInflate } from 'node:zlib'

const partBytes = 256 * 1024

/**
 * True when a zlib stream in several parts is complete, ends with its last byte, and holds exactly `bytesExpected` bytes.
 * Inflates part by part and stops at the first byte too many, so that no stream can fill the memory.
 */
export async function inflatesToExactly(compressed: readonly Buffer[], bytesExpected: number): Promise<boolean> {
  const stream = Buffer.concat(compressed)
  const inflate = createInflate({ chunkSize: partBytes })
  inflate.end(stream)
  let inflatedBytes = 0
  try {
    for await (const part of inflate) {
      // A zlib stream without an encoding gives Buffers.
      inflatedBytes += (part as Buffer).length
      if (inflatedBytes > bytesExpected) return false
    }
  } catch {
    return false
  }
  // What follows the end of the zlib data is not consumed.
  return inflatedBytes === bytesExpected && inflate.bytesWritten === stream.length
}

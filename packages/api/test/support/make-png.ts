import { crc32, deflateSync } from 'node:zlib'

/** A valid PNG of noise, the same for the same arguments. Without compression its size is that of its pixels. */
export function makePng(width: number, height: number, seed = 1): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3))
  let state = seed
  for (let index = 0; index < rows.length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    // Each row begins with its filter, 0: none.
    rows[index] = index % (1 + width * 3) === 0 ? 0 : state >> 16
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, makeChunk('IHDR', header), makeChunk('IDAT', deflateSync(rows, { level: 0 })), makeChunk('IEND', Buffer.alloc(0))])
}

function makeChunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const chunk = Buffer.alloc(named.length + 8)
  chunk.writeUInt32BE(content.length, 0)
  named.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(named), named.length + 4)
  return chunk
}

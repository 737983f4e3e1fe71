import { Buffer } from 'node:buffer'
import { crc32, deflateSync } from 'node:zlib'

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(typed), 4)
  return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)])
}

/** A gray PNG of one bit per pixel, with any data in it. */
export function buildPng(width: number, height: number, inflated: Buffer, comment = ''): Buffer {
  return buildPngOf(width, height, deflateSync(inflated), comment)
}

/** The same of data that is deflated already, for those who build many. */
export function buildPngOf(width: number, height: number, deflated: Buffer, comment = ''): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const chunks = [pngChunk('IHDR', header), pngChunk('tEXt', Buffer.from(`Comment\0${comment}`)), pngChunk('IDAT', deflated), pngChunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks])
}

/** A GIF whose frames are all of one pixel, whatever its screen. */
export function buildGif(width: number, height: number, frames: number): Buffer {
  const head = Buffer.alloc(13)
  head.write('GIF89a')
  head.writeUInt16LE(width, 6)
  head.writeUInt16LE(height, 8)
  const frame = Buffer.from('2c0000000001000100000202440100', 'hex')
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame), Buffer.from([0x3b])])
}

/** A lossless WebP that is all header. */
export function buildWebp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(34)
  bytes.write('RIFF\0\0\0\0WEBPVP8L', 'latin1')
  bytes.writeUInt32LE(26, 4)
  bytes.writeUInt32LE(14, 16)
  bytes[20] = 0x2f
  bytes.writeUInt32LE((width - 1) | ((height - 1) << 14), 21)
  return bytes
}

import { crc32, deflateSync } from 'node:zlib'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const bitDepth = 8
const truecolour = 2
const bytesPerPixel = 3

/** A PNG from a warm corner to a cool one: a real picture, made of nothing but zlib. */
export function drawGradient(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([bitDepth, truecolour], 8)
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(drawRows(width, height))), chunk('IEND', Buffer.alloc(0))])
}

/** Each row begins with its filter; 0 is none. */
function drawRows(width: number, height: number): Buffer {
  const rowBytes = 1 + width * bytesPerPixel
  const rows = Buffer.alloc(rowBytes * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = Math.round((255 * x) / width)
      const down = Math.round((255 * y) / height)
      rows.set([255 - across, 96 + Math.round(down / 2), across], y * rowBytes + 1 + x * bytesPerPixel)
    }
  }
  return rows
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

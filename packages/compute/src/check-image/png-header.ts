import { invalidImage } from './image-facts.ts'
import type { PngChunk } from './png-chunks.ts'

export interface PngHeader {
  width: number
  height: number
  bitsPerPixel: number
  isInterlaced: boolean
  isIndexed: boolean
  isGray: boolean
}

/** By color type: samples per pixel and the bit depths that the format allows. */
const colorTypes: Record<number, { samples: number; depths: readonly number[] }> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
}

/** Adam7: where each of the seven passes starts, and its steps. */
const passes = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
]

export function readPngHeader(chunk: PngChunk | undefined): PngHeader {
  if (chunk?.type !== 'IHDR' || chunk.data.length !== 13) throw invalidImage('has no PNG header')
  const { data } = chunk
  const [depth, colorType, compression, filter, interlace] = [data[8]!, data[9]!, data[10]!, data[11]!, data[12]!]
  const color = colorTypes[colorType]
  if (!color?.depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) throw invalidImage('has a damaged PNG header')
  return {
    width: data.readUInt32BE(0),
    height: data.readUInt32BE(4),
    bitsPerPixel: depth * color.samples,
    isInterlaced: interlace === 1,
    isIndexed: colorType === 3,
    isGray: colorType === 0 || colorType === 4,
  }
}

/** The bytes that the image data inflates to: each row is its pixels, rounded up to bytes, after one filter byte. */
export function countRasterBytes({ bitsPerPixel, isInterlaced }: PngHeader, width: number, height: number): number {
  const countPass = (columns: number, rows: number) => (columns === 0 ? 0 : rows * (1 + Math.ceil((columns * bitsPerPixel) / 8)))
  if (!isInterlaced) return countPass(width, height)
  return passes.reduce((sum, { x, y, stepX, stepY }) => {
    const columns = Math.max(0, Math.ceil((width - x) / stepX))
    const rows = Math.max(0, Math.ceil((height - y) / stepY))
    return sum + countPass(columns, rows)
  }, 0)
}

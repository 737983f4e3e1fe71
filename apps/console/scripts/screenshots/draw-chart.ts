import sharp from 'sharp'

const bars = [142, 151, 139, 158, 147, 96, 149, 163]
const [width, height, gap] = [480, 240, 12]

/** A picture to ask about: bars, and one of them is short. */
export async function drawChart(): Promise<string> {
  const step = (width - gap) / bars.length
  const columns = bars.map((bar, index) => `<rect x="${gap + index * step}" y="${height - 16 - bar}" width="${step - gap}" height="${bar}" rx="3" fill="${bar < 100 ? '#e8590c' : '#4263eb'}"/>`)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${columns.join('')}<rect x="0" y="${height - 14}" width="${width}" height="2" fill="#868e96"/></svg>`
  return (await sharp(Buffer.from(svg)).png().toBuffer()).toString('base64')
}

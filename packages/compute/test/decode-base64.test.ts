import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { decodeBase64 } from '../src/decode-base64.ts'

describe('decodeBase64', () => {
  it('decodes every length of canonical base64', () => {
    for (let length = 1; length < 70; length++) {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 97 + length) % 256))
      expect(Buffer.from(decodeBase64(bytes.toString('base64'))!)).toEqual(bytes)
    }
  })

  it.each([
    ['nothing', ''],
    ['a space within', 'QUJ DRA=='],
    ['a line break', 'QUJD\nRA=='],
    ['a line break at the end', 'QUJDRA==\n'],
    ['a space before', ' QUJDRA=='],
    ['no padding', 'QUJDRA'],
    ['half of the padding', 'QUJDRA='],
    ['too much padding', 'QUJDRA==='],
    ['padding after whole groups', 'QUJD===='],
    ['padding within', 'QU==QUJD'],
    ['data after the padding', 'QUJDRA==QUJD'],
    ['the url-safe alphabet', '-_-_'],
    ['a stray character', 'QUJ$'],
    ['a stray character between groups', 'QUJD!QUJD'],
    ['a stray character beyond ASCII', 'QUJé'],
    ['stray bits before the padding', 'QUJDRB=='],
    ['a single character', 'Q'],
    ['a NUL', 'QUJ\0'],
  ])('refuses %s', (_name, text) => {
    expect(decodeBase64(text)).toBeNull()
  })
})

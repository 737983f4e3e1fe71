import { expect, test } from 'vitest'
import { newId, readStoredImage, showStoredContent, writeStoredImage } from '../src/index.ts'

const stored = { image_id: newId('image'), media_type: 'image/png' }

test('an inline image is found again in its part, as base64 and as a data url', () => {
  const reference = writeStoredImage(stored)
  expect(readStoredImage({ type: 'image', base64: reference })).toEqual(stored)
  expect(readStoredImage({ type: 'image', url: `data:image/png;base64,${reference}` })).toEqual(stored)
})

test('a text or a url that looks like a reference stays what it is', () => {
  const reference = writeStoredImage(stored)
  const content = [{ type: 'text' as const, text: reference }, { type: 'image' as const, url: `https://example.com/${reference}` }]
  expect(showStoredContent(content)).toEqual(content)
})

test('lists show an inline image as a url of the server', () => {
  expect(showStoredContent([{ type: 'image', base64: writeStoredImage(stored) }])).toEqual([{ type: 'image', url: `/v1/images/${stored.image_id}`, media_type: 'image/png' }])
})

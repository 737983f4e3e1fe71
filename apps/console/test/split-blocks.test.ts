import { describe, expect, it } from 'vitest'
import { splitBlocks } from '../src/chat/conversation/split-blocks.ts'

describe('the blocks of a text', () => {
  it.each([
    ['paragraphs', 'One\ntwo.\n\nThree.', ['One\ntwo.\n\n', 'Three.']],
    ['code with blank lines', 'See:\n\n```ts\na\n\nb\n```\n\nDone.', ['See:\n\n', '```ts\na\n\nb\n```\n\n', 'Done.']],
    ['code that has not ended', '~~~\na\n\nb\n', ['~~~\na\n\nb\n']],
    ['a loose list', '1. One\n\n2. Two\n\n   more\n\nDone.', ['1. One\n\n2. Two\n\n   more\n\n', 'Done.']],
    ['a longer fence around a shorter one', '````\n```\n\nx\n```\n````\n\ny', ['````\n```\n\nx\n```\n````\n\n', 'y']],
    ['nothing', '', []],
  ])('of %s', (_name, text, blocks) => {
    expect(splitBlocks(text)).toEqual(blocks)
    expect(splitBlocks(text).join('')).toBe(text)
  })
})

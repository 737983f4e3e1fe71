import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { toTransferable } from '../src/transfer.ts'

it('bytes that fill their buffer are given on without a copy', () => {
  const bytes = new Uint8Array(100)
  expect(toTransferable(bytes).buffer).toBe(bytes.buffer)
})

it('a small Buffer is copied out of the pool that it shares with others', () => {
  const pooled = Buffer.from('hello')
  const own = toTransferable(pooled)
  expect(own.buffer).not.toBe(pooled.buffer)
  expect(Buffer.from(own).toString()).toBe('hello')
  structuredClone(own, { transfer: [own.buffer] })
  expect(pooled.toString()).toBe('hello')
})

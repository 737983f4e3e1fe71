import { Buffer } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { deflateSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { ThreadPool } from '../src/thread-pool.ts'
import type { ThreadPoolOptions } from '../src/thread-pool.ts'
import { bodyOf, bytesOf, organization } from './bodies.ts'
import { buildPngOf } from './build-images.ts'
import { noise } from './sample-images.ts'

let pool: ThreadPool
let threadErrors: unknown[]

function start(options: Partial<ThreadPoolOptions> = {}): ThreadPool {
  threadErrors = []
  pool = new ThreadPool({ threads: 1, queueMax: 10, taskTimeoutMs: 20_000, heapMegabytesMax: 256, onThreadError: (error) => threadErrors.push(error), ...options })
  return pool
}
afterEach(() => pool.stop())

function readSmall(signal?: AbortSignal) {
  return pool.run('readJsonBody', { bytes: bytesOf('{"a":1}') }, { transfer: [], signal })
}
const small = { ok: true, value: { a: 1 } }

const largestRaster = deflateSync(Buffer.alloc(6_300 * (1 + Math.ceil(6_300 / 8))))

/** The most that a body may ask of a thread, some ten seconds: a hundred images just below the pixel limit, no two of them alike. */
function readSlow({ signal, timeoutMs }: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  const content = Array.from({ length: 100 }, (_, index) => ({ type: 'image', base64: buildPngOf(6_300, 6_300, largestRaster, `${index}`).toString('base64') }))
  return pool.run('readMessageBody', { bytes: bodyOf(content), ...organization }, { transfer: [], signal, ...(timeoutMs && { timeoutMs }) })
}

/** A small value that is huge once written out: a thread with little heap dies of it. */
function makeExpandingValue(): unknown {
  let value: unknown = { text: 'leaf' }
  for (let depth = 0; depth < 17; depth++) value = { left: value, right: value, [`depth_${depth}`]: { depth } }
  return value
}

describe('T1 and T2', () => {
  it('a thread that runs out of heap fails one task, and the others succeed', async () => {
    start({ threads: 2, heapMegabytesMax: 24 })
    const fatal = pool.run('processToolResult', { value: makeExpandingValue(), settings: { organization_id: 'org_1', bytesMax: 1_000, whole_at: null } }, { transfer: [] })
    const others = await Promise.all(Array.from({ length: 8 }, () => readSmall()))
    expect(await fatal).toEqual({ ok: false, refusal: { code: 'task_failed', message: 'The request needed more memory than one request may use' } })
    expect(others).toEqual(Array.from({ length: 8 }, () => small))
    expect(threadErrors).toEqual([expect.objectContaining({ code: 'ERR_WORKER_OUT_OF_MEMORY' })])
    expect(await Promise.all([readSmall(), readSmall()])).toEqual([small, small])
  })

  it('a task over its time limit fails alone, and those that wait go on with a new thread', async () => {
    start()
    await readSmall()
    // Its own limit, so that a busy machine may take as long as it likes to start the new thread.
    const slow = readSlow({ timeoutMs: 1_000 })
    const waiting = readSmall()
    expect(await slow).toEqual({ ok: false, refusal: { code: 'task_failed', message: 'The request took longer than 1 seconds to process' } })
    expect(await waiting).toEqual(small)
  })

  it('a task may have less time than the others', async () => {
    start({ taskTimeoutMs: 60_000 })
    await readSmall()
    const input = { schemaJson: '{"properties":{"a":{"pattern":"^(a+)+$"}}}', argumentsJson: JSON.stringify({ a: `${'a'.repeat(50)}!` }), timeoutMs: 60_000 }
    const slow = pool.run('checkToolArguments', input, { transfer: [], timeoutMs: 500 })
    expect(await slow).toEqual({ ok: false, refusal: { code: 'task_failed', message: 'The request took longer than 0.5 seconds to process' } })
    expect(await readSmall()).toEqual(small)
  })

  it('a task that throws fails with nothing of the error shown', async () => {
    start()
    // Stored content is valid JSON; this stands for any mistake of ours.
    const result = await pool.run('restoreContent', { contentJson: 'no json', images: new Map() }, { transfer: [] })
    expect(result).toEqual({ ok: false, refusal: { code: 'task_failed', message: 'The request could not be processed' } })
    expect(threadErrors).toHaveLength(1)
    expect(await readSmall()).toEqual(small)
  })

  it('a task whose caller gives up while it runs rejects with the caller’s reason, and the thread is replaced', async () => {
    start()
    await readSmall()
    const caller = new AbortController()
    const slow = readSlow({ signal: caller.signal })
    // The task is handed to its thread in the meantime.
    await setImmediate()
    caller.abort(new Error('client went away'))
    await expect(slow).rejects.toThrow('client went away')
    expect(await readSmall()).toEqual(small)
    expect(pool.load).toEqual({ waiting: 0, running: 0 })
  })

  it('a task that was given up before it started never starts', async () => {
    start()
    await expect(readSmall(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
    expect(pool.load).toEqual({ waiting: 0, running: 0 })
  })
})

describe('T3', () => {
  it('a task is refused as overloaded when as many wait as may', async () => {
    start({ threads: 1, queueMax: 2 })
    const tasks = Array.from({ length: 5 }, () => readSmall())
    expect(pool.load).toEqual({ waiting: 2, running: 1 })
    const results = await Promise.all(tasks)
    expect(results.slice(0, 3)).toEqual([small, small, small])
    expect(results.slice(3)).toMatchObject([{ refusal: { code: 'overloaded' } }, { refusal: { code: 'overloaded' } }])
    expect(await readSmall()).toEqual(small)
  })

  it('a waiting task that is given up makes room for another', async () => {
    start({ threads: 1, queueMax: 1 })
    const running = readSmall()
    const caller = new AbortController()
    const waiting = readSmall(caller.signal)
    caller.abort(new Error('client went away'))
    await expect(waiting).rejects.toThrow('client went away')
    expect(await Promise.all([running, readSmall()])).toEqual([small, small])
  })

  it('the time that a task waits does not count against its limit', async () => {
    start({ taskTimeoutMs: 3_000, queueMax: 100 })
    const bytes = new Uint8Array(await noise(1_000, 1_000).png().toBuffer())
    const results = await Promise.all(Array.from({ length: 60 }, () => pool.run('checkImage', { bytes, declared: [] }, { transfer: [] })))
    expect(results.every(({ ok }) => ok)).toBe(true)
  })
})

describe('stop', () => {
  it('refuses what runs, what waits and what comes later', async () => {
    start()
    const running = readSlow()
    const waiting = readSmall()
    await pool.stop()
    const stopping = { ok: false, refusal: { code: 'shutting_down' } }
    expect(await Promise.all([running, waiting, readSmall()])).toMatchObject([stopping, stopping, stopping])
    await pool.stop()
  })
})

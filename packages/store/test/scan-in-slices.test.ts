import { AppError } from '@reprise/contract'
import { describe, expect, it } from 'vitest'
import type { Database } from '../src/database.ts'
import { countAgents } from '../src/queries/list-agents.ts'
import { countSessions } from '../src/queries/list-sessions.ts'
import { scanInSlices, type Range, type Scan } from '../src/scan/scan-in-slices.ts'
import { Turnstile } from '../src/scan/turnstile.ts'

const last = 10_000
const isShown = (sequence: number) => sequence % 1_000 === 7
const shown = Array.from({ length: last }, (_, index) => index + 1).filter(isShown)

/** Rows of the sequences 1 to 10,000, of which few are shown; `reads` are the slices that were looked through. */
function scanRows(changes: Partial<Scan<number>> = {}) {
  const reads: Range[] = []
  const newest = changes.newest ?? false
  const found = scanInSlices<number>(
    { query: () => Promise.reject(new Error('no database is asked')) },
    {
      range: { after: 0, before: Number.MAX_SAFE_INTEGER },
      limit: 100,
      newest,
      async findEdge({ after, before }, rows) {
        const edge = newest ? Math.min(before - 1, last) - rows : after + rows
        return edge > after && edge < Math.min(before, last) ? edge : null
      },
      async read(range, limit) {
        reads.push(range)
        const rows = shown.filter((sequence) => sequence > range.after && sequence < range.before)
        const page = newest ? rows.slice(-limit) : rows.slice(0, limit)
        return { page, bytes: page.length, isCut: false }
      },
      bytesMax: Infinity,
      signal: new AbortController().signal,
      ...changes,
    },
  )
  return { found, reads }
}

describe('a search in slices', () => {
  it('finds everything once and in order, from either end', async () => {
    for (const newest of [false, true]) {
      const { found, reads } = scanRows({ newest })
      expect(await found).toEqual(shown)
      expect(reads.length).toBeGreaterThan(1)
    }
  })

  it('stops where the page is full', async () => {
    const first = scanRows({ limit: 2 })
    expect(await first.found).toEqual(shown.slice(0, 2))
    expect(first.reads.at(-1)!.before).toBeLessThanOrEqual(last)
    expect(await scanRows({ limit: 2, newest: true }).found).toEqual(shown.slice(-2))
  })

  it('ends where the page is large, and passes over nothing that had no room', async () => {
    for (const newest of [false, true]) {
      const large = await scanRows({ newest, bytesMax: 3 }).found
      expect(large.length).toBeLessThan(shown.length)
      expect(large).toEqual(newest ? shown.slice(-large.length) : shown.slice(0, large.length))
      const page = [newest ? last : 7]
      expect(await scanRows({ newest, read: async () => ({ page, bytes: 1, isCut: true }) }).found).toEqual(page)
    }
  })

  it('stays within its range', async () => {
    for (const newest of [false, true]) expect(await scanRows({ newest, range: { after: 7, before: 2_007 } }).found).toEqual([1_007])
  })

  it('ends when nobody waits for it any more', async () => {
    const gone = new AbortController()
    const { found, reads } = scanRows({ signal: gone.signal, read: async () => (gone.abort(), { page: [], bytes: 0, isCut: false }) })
    expect(await found).toEqual([])
    expect(reads.length).toBeLessThanOrEqual(1)
  })

  it('fails after it has looked for too long, and gives no part of a page', async () => {
    const refusal = await scanRows({ lookMsMax: 0 }).found.catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(AppError)
    expect((refusal as AppError).code).toBe('search_too_long')
  })
})

describe('a search through lists', () => {
  it('takes its turn with others: however many, they hold two connections', async () => {
    let [asked, inside, most] = [0, 0, 0]
    const db = {
      async query() {
        asked += 1
        most = Math.max(most, ++inside)
        await new Promise(setImmediate)
        inside -= 1
        return { rows: [{ total: 0 }] }
      },
    } as unknown as Database // whatever is asked, there is nothing
    const filter = { organization_id: 'org', search: 'x', include_archived: false }
    await Promise.all(Array.from({ length: 20 }, () => [countSessions(db, filter), countAgents(db, filter)]).flat())
    expect([asked, most]).toEqual([40, 2])
    await Promise.all(Array.from({ length: 8 }, () => countSessions(db, { organization_id: 'org' })))
    expect(most).toBe(8)
  })
})

describe('a turnstile', () => {
  it('lets so many through at once, and the others in the order they came, also past one that fails', async () => {
    const turnstile = new Turnstile({ atOnceMax: 2, waitingMax: 10 })
    const log: number[] = []
    let inside = 0
    const passing = [1, 2, 3, 4, 5].map((n) =>
      turnstile.pass(async () => {
        inside += 1
        expect(inside).toBeLessThanOrEqual(2)
        log.push(n)
        await new Promise(setImmediate)
        inside -= 1
        if (n === 2) throw new Error('two')
      }),
    )
    const ends = await Promise.allSettled(passing)
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
    expect(log).toEqual([1, 2, 3, 4, 5])
  })

  it('refuses when too many wait', async () => {
    const turnstile = new Turnstile({ atOnceMax: 1, waitingMax: 1 })
    let open: () => void = () => {}
    const first = turnstile.pass(() => new Promise<void>((resolve) => (open = resolve)))
    const second = turnstile.pass(async () => {})
    await expect(turnstile.pass(async () => {})).rejects.toMatchObject({ code: 'overloaded' })
    open()
    await Promise.all([first, second])
  })
})

/**
 * Reads a page of what matches a filter that no index answers, by looking through a session slice by slice.
 *
 * S1  A slice is a statement of its own, and about as large as can be looked through in `sliceMs`: between two slices
 *     the connection serves others, and a client that is gone ends the search.
 * S2  However many search, they hold only some of the pool's connections, and take turns slice by slice.
 * S3  A page that grows large ends early, where it is whole: what follows is the next page's.
 * S4  A search that has looked for too long fails, and says so: a short page would look like the whole.
 */
import { AppError } from '@reprise/contract'
import type { Database } from '../database.ts'
import { Turnstile } from './turnstile.ts'

/** Sequences, both exclusive. */
export interface Range {
  after: number
  before: number
}

/** What was found in a slice, oldest first. */
export interface Found<T> {
  page: T[]
  bytes: number
  /** There was no room for all of it. */
  isCut: boolean
}

export interface Scan<T> {
  range: Range
  limit: number
  /** From the end backwards. Either way what is found comes oldest first. */
  newest: boolean
  /** Where the next so many rows of a range end: their highest sequence, or with `newest` that before their lowest; null when there are no more than these. */
  findEdge(range: Range, rows: number): Promise<number | null>
  read(range: Range, limit: number): Promise<Found<T>>
  /** A page of so many bytes is full. */
  bytesMax: number
  signal: AbortSignal
  /** For how long it may look, its waiting for others aside. */
  lookMsMax?: number
}

const rowsFirst = 200
const rowsMax = 20_000
const sliceMs = 100
const lookMsMaxDefault = 10_000

/** Of a pool's eight connections. */
const slicesAtOnceMax = 2
const slicesWaitingMax = 1_000
const turnstiles = new WeakMap<Database, Turnstile>()

export async function scanInSlices<T>(db: Database, { range, limit, newest, findEdge, read, bytesMax, signal, lookMsMax = lookMsMaxDefault }: Scan<T>): Promise<T[]> {
  const turnstile = findTurnstile(db)
  const found: T[] = []
  let rest = range
  let rows = rowsFirst
  let spentMs = 0
  let bytes = 0
  while (!signal.aborted) {
    const { slice, edge, ms } = await turnstile.pass(async () => {
      const startedAt = performance.now()
      const edge = await findEdge(rest, rows)
      const slice = await read(edge === null ? rest : takeSlice(rest, edge, newest), limit - found.length)
      return { slice, edge, ms: performance.now() - startedAt }
    })
    if (newest) found.unshift(...slice.page)
    else found.push(...slice.page)
    bytes += slice.bytes
    if (edge === null || found.length >= limit || slice.isCut || bytes >= bytesMax) break
    spentMs += ms
    if (spentMs > lookMsMax) throw new AppError('search_too_long', { message: 'The search has looked through too much of this session: name a narrower part of it' })
    rest = newest ? { ...rest, before: edge + 1 } : { ...rest, after: edge }
    rows = Math.min(rowsMax, Math.max(1, Math.floor(rows * Math.min(4, sliceMs / ms))))
  }
  return found
}

/** For a search that is one statement: it takes its turn among the slices of others, so that searches never hold all connections. */
export async function takeTurn<T>(db: Database, search: () => Promise<T>): Promise<T> {
  return await findTurnstile(db).pass(search)
}

function takeSlice(range: Range, edge: number, newest: boolean): Range {
  return newest ? { ...range, after: edge } : { ...range, before: edge + 1 }
}

function findTurnstile(db: Database): Turnstile {
  let turnstile = turnstiles.get(db)
  if (!turnstile) {
    turnstile = new Turnstile({ atOnceMax: slicesAtOnceMax, waitingMax: slicesWaitingMax })
    turnstiles.set(db, turnstile)
  }
  return turnstile
}

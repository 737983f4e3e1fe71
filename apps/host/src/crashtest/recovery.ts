/**
 * How long a turn stands still when its process dies or sleeps: from the fault to the first event of the turn that
 * somebody else commits, by the database's clock. Nothing else is as near to what a user sees, and it costs nothing:
 * the events are read in the end anyway.
 */
import { hostname } from 'node:os'
import { seeded, listWorkers, listWorkflows, type Database } from '@reprise/store'
import type { Session, Workflow } from '@reprise/contract'
import type { CommittedEvent } from './check-events.ts'
import type { ApiClient } from './api-client.ts'

export interface Hit {
  /** `cut`: every process lost its connections at once. */
  kind: 'kill' | 'freeze' | 'cut'
  /** By this machine's clock, in ms. */
  at: number
  turns: readonly HeldTurn[]
  /** How many processes were there to take them over. */
  processesLeft: number
}

export interface HeldTurn {
  id: string
  /** So many processes have died with it since it last came further, this one not counted. After two it is a suspect, and runs alone. */
  recoveries: number
}

export interface Recovery {
  ms: number
  turnId: string
  hit: Hit
  /** The event that it went on with. */
  first: string
}

/** Suspects are apart: they wait until all else in their process is done, by design. */
export type Recoveries = Record<Hit['kind'] | 'suspect', Recovery[]>

/** A statement that was under way when the process was hit may still commit; nobody else takes a turn over so soon. */
const ownCommitsMs = 200

const suspectRecoveries = 2

/** The turns that a process holds; right after it was hit, those that it leaves. */
export async function findHeldTurns(db: Database, pid: number): Promise<HeldTurn[]> {
  const workers = await listWorkers(db)
  const worker = workers.find((one) => one.pid === pid && one.hostname === hostname())
  return (await listRunning(db)).filter(({ worker_id }) => worker_id !== null && worker_id === worker?.id).map(describeHeld)
}

/** The turns that any process holds. */
export async function findRunningTurns(db: Database): Promise<HeldTurn[]> {
  return (await listRunning(db)).map(describeHeld)
}

function describeHeld({ id, recoveries }: Workflow): HeldTurn {
  return { id, recoveries }
}

/** Whether the hit makes the turn a suspect, or meets it as one. Only a death counts. */
function isSuspect({ recoveries }: HeldTurn, { kind }: Pick<Hit, 'kind'>): boolean {
  return recoveries + (kind === 'kill' ? 1 : 0) >= suspectRecoveries
}

async function listRunning(db: Database): Promise<Workflow[]> {
  return await listWorkflows(db, { organization_id: seeded.organization_id, status: 'running' }, { offset: 0, limit: 1_000 })
}

/** How far the database's clock is ahead of this machine's, as the creation of a session shows it. */
export async function measureClock(client: ApiClient): Promise<number> {
  const before = Date.now()
  const { created_at } = (await client.ask({ method: 'POST', path: '/v1/sessions', body: {} })).body as Session // the server's own contract
  return Math.round(Date.parse(created_at) - (before + Date.now()) / 2)
}

/** `committed`: the events of each turn, in order. */
export function measureRecoveries(hits: readonly Hit[], clockAheadMs: number, committed: ReadonlyMap<string, readonly CommittedEvent[]>): Recoveries {
  const recoveries: Recoveries = { kill: [], freeze: [], cut: [], suspect: [] }
  for (const hit of hits) {
    const { kind, at } = hit
    for (const turn of hit.turns) {
      const turnId = turn.id
      const first = committed.get(turnId)?.find((event) => event.at - clockAheadMs > at + ownCommitsMs)
      if (first === undefined) continue
      const recoveredAt = first.at - clockAheadMs
      // Who took it over was hit as well before anything came of it: that one's recovery is what is measured.
      const isHitAgain = hits.some((other) => other.at > at && other.at < recoveredAt && other.turns.some(({ id }) => id === turnId))
      if (!isHitAgain) recoveries[isSuspect(turn, hit) ? 'suspect' : kind].push({ ms: Math.round(recoveredAt - at), turnId, hit, first: first.type })
    }
  }
  return recoveries
}

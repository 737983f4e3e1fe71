/**
 * How long a turn stands still when its process dies or sleeps: from the fault to the first event of the turn that
 * somebody else commits, by the database's clock. Nothing else is as near to what a user sees, and it costs nothing:
 * the events are read in the end anyway.
 */
import { hostname } from 'node:os'
import { seeded, listWorkers, listWorkflows, type Database } from '@reprise/store'
import type { Session, TurnStatus, Workflow } from '@reprise/contract'
import type { ApiClient } from './api-client.ts'

export interface Hit {
  kind: 'kill' | 'freeze'
  /** By this machine's clock, in ms. */
  at: number
  turns: readonly HeldTurn[]
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
}

/** Suspects are apart: they wait until all else in their process is done, by design. */
export type Recoveries = Record<'kill' | 'freeze' | 'suspect', Recovery[]>

/** A statement that was under way when the process was hit may still commit; nobody else takes a turn over so soon. */
const ownCommitsMs = 200

const suspectRecoveries = 2

/** The turns that a process holds; right after it was hit, those that it leaves. */
export async function findHeldTurns(db: Database, pid: number): Promise<HeldTurn[]> {
  const workers = await listWorkers(db)
  const worker = workers.find((one) => one.pid === pid && one.hostname === hostname())
  const running = await listTurns(db, 'running')
  return running.filter(({ worker_id }) => worker_id !== null && worker_id === worker?.id).map(({ id, recoveries }) => ({ id, recoveries }))
}

/** Whether the hit makes the turn a suspect, or meets it as one. Sleep convicts nobody. */
function isSuspect({ recoveries }: HeldTurn, { kind }: Pick<Hit, 'kind'>): boolean {
  return recoveries + (kind === 'kill' ? 1 : 0) >= suspectRecoveries
}

async function listTurns(db: Database, status: TurnStatus): Promise<Workflow[]> {
  return await listWorkflows(db, { organization_id: seeded.organization_id, status }, { offset: 0, limit: 1_000 })
}

/** How far the database's clock is ahead of this machine's, as the creation of a session shows it. */
export async function measureClock(client: ApiClient): Promise<number> {
  const before = Date.now()
  const { created_at } = (await client.ask({ method: 'POST', path: '/v1/sessions', body: {} })).body as Session // the server's own contract
  return Math.round(Date.parse(created_at) - (before + Date.now()) / 2)
}

/** `committedAt`: when the turn's events were committed, in order; undefined for a turn that is not known. */
export function measureRecoveries(hits: readonly Hit[], clockAheadMs: number, committedAt: (turnId: string) => readonly number[] | undefined): Recoveries {
  const recoveries: Recoveries = { kill: [], freeze: [], suspect: [] }
  for (const hit of hits) {
    const { kind, at } = hit
    for (const turn of hit.turns) {
      const turnId = turn.id
      const first = committedAt(turnId)?.find((ms) => ms - clockAheadMs > at + ownCommitsMs)
      if (first === undefined) continue
      const recoveredAt = first - clockAheadMs
      // Who took it over was hit as well before anything came of it: that one's recovery is what is measured.
      const isHitAgain = hits.some((other) => other.at > at && other.at < recoveredAt && other.turns.some(({ id }) => id === turnId))
      if (!isHitAgain) recoveries[isSuspect(turn, hit) ? 'suspect' : kind].push({ ms: Math.round(recoveredAt - at), turnId, hit })
    }
  }
  return recoveries
}

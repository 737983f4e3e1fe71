import {
  listEndedTurns,
  listOrganizationIds,
  notePruned,
  pruneDeltas,
  pruneEvents,
  pruneIdempotencyKeys,
  type Database,
  type EndedTurns,
  type PrunedKind,
} from '@reprise/store'
import type { Duty } from './background.ts'
import { eachInTurn } from './each-in-turn.ts'

const turnsAtOnce = 100
/** So that no statement holds rows for long, or rewrites more than a few MB. */
const rowsAtOnce = 500

const prune = { deltas: pruneDeltas, events: pruneEvents } as const satisfies Record<PrunedKind, (db: Database, turns: EndedTurns, limit: number) => Promise<number>>

/** Prunes what each organization keeps only for a time. Two processes that do it at once do the same, and stand in nobody's way. */
export function createPrunePast({ db }: { db: Database }): Duty {
  return {
    name: 'prune-past',
    cron: '7 * * * *',
    // The next hour goes on where this one left off.
    retries: { retryLimit: 2, retryDelay: 60, expireInSeconds: 3_000 },
    atOnce: 1,
    lookSeconds: 60,
    async perform(_order, signal) {
      await eachInTurn(await listOrganizationIds(db), signal, async (organizationId) => {
        while ((await pruneIdempotencyKeys(db, organizationId, rowsAtOnce)) > 0) signal.throwIfAborted()
        for (const kind of ['events', 'deltas'] as const) await pruneOrganization(db, kind, organizationId, signal)
      })
    },
  }
}

async function pruneOrganization(db: Database, kind: PrunedKind, organizationId: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { sessions, pruned_to } = await listEndedTurns(db, kind, organizationId, turnsAtOnce)
    if (pruned_to === null) return
    for (const turns of sessions) {
      while ((await prune[kind](db, turns, rowsAtOnce)) > 0) signal.throwIfAborted()
    }
    await notePruned(db, kind, organizationId, pruned_to)
  }
}

import { readTurn, type Cancel, type Database, type Journal } from '@reprise/store'
import type { Worker } from './worker.ts'

/** Which turns to end: a session's (`all`, or the `running` one only), or one by its id. */
export type CancelRequest = { organization_id: string } & ({ session_id: string; scope: 'all' | 'running' } | { turn_id: string })

export interface CancelOutcome {
  /** `no_op`: nothing was left to end. */
  outcome: 'cancelled' | 'no_op' | 'not_found'
}

export interface CancelServices {
  db: Database
  journal: Journal
  worker: Worker
}

/**
 * Asks for turns to end. Those that wait end with the commit. The active one ends by its owner's checkpoint: this
 * process knows at once, another learns it from its next heartbeat; one that nobody holds is taken here to be ended.
 */
export async function cancelTurns({ db, journal, worker }: CancelServices, request: CancelRequest): Promise<CancelOutcome> {
  const wish = await describeWish(db, request)
  if (!wish) return { outcome: 'not_found' }
  const { organization_id } = request
  const hasSlot = worker.takeSlotToEnd(organization_id)
  let isRunning = false
  try {
    const result = await journal.cancel({ kind: 'cancel', organization_id, worker_id: hasSlot ? worker.id : null, ...wish })
    if (result.outcome !== 'stored') return { outcome: result.outcome === 'no_op' ? 'no_op' : 'not_found' }
    const { touched_turn_id: turn_id, woken, epoch } = result
    if (turn_id !== null && woken && hasSlot) {
      isRunning = true
      worker.takeUp({ organization_id, session_id: wish.session_id, turn_id, epoch, may_have_run: false })
    } else if (turn_id !== null) {
      worker.cancel(turn_id, 'cancel')
    }
    return { outcome: 'cancelled' }
  } finally {
    if (hasSlot && !isRunning) worker.freeSlot(organization_id)
  }
}

async function describeWish(db: Database, request: CancelRequest): Promise<Pick<Cancel, 'session_id' | 'scope' | 'turn_id'> | null> {
  if ('session_id' in request) return { session_id: request.session_id, scope: request.scope, turn_id: null }
  const turn = await readTurn(db, request.organization_id, request.turn_id)
  return turn && { session_id: turn.session_id, scope: 'turn', turn_id: turn.id }
}

import type { Append } from '../../src/index.ts'
import type { TakenBeat } from './operation.ts'
import type { Prediction, SessionModel } from './session-model.ts'
import type { TurnModel } from './turn-model.ts'

export interface WorkerModel {
  /** `frozen`: silent for longer than the term, its connection alive. `killed`: silent, and its lock is gone. */
  state: 'alive' | 'frozen' | 'killed'
  draining: boolean
  suspect_turn_id: string | null
}

/** From so many on, only the death of a worker that ran the turn alone counts; the last of these proves it. */
const recoveriesOfSuspect = 2
const recoveriesMax = 10

export function isSuspect(recoveries: number): boolean {
  return recoveries >= recoveriesOfSuspect && recoveries < recoveriesMax
}

/** All sessions and workers, as they should be. */
export class WorldModel {
  sessions = new Map<string, SessionModel>()
  /** A worker whose row is gone is not here. */
  workers = new Map<string, WorkerModel>()

  copy(): WorldModel {
    const copy = new WorldModel()
    copy.sessions = new Map([...this.sessions].map(([id, session]) => [id, session.copy()]))
    copy.workers = new Map([...this.workers].map(([id, worker]) => [id, { ...worker }]))
    return copy
  }

  append(append: Append, options: { resent: boolean; waitingMax: number }): Prediction {
    return this.sessions.get(append.session_id)!.append(append, options)
  }

  /**
   * A worker's beat. Which of the free turns it took is its own choice, so it is told; what it had to take and had to
   * answer is checked. Answers what is wrong, or null. `alone`: nothing else happened at the same time.
   */
  beat(workerId: string, slots: number, { draining, held, aside }: TakenBeat, alone: boolean): string | null {
    const worker = this.workers.get(workerId)!
    worker.state = 'alive'
    if (draining !== worker.draining) return `draining is ${draining}`
    const free = draining || slots === 0 ? [] : [...this.sessions.values()].filter((session) => session.active && this.#isFree(session.active))
    const claimed = held.filter((turn) => turn.claimed)
    // L8: a suspect that waits is taken alone; one whose worker is gone is put aside, which tells nobody.
    const isSetAside = ({ active }: SessionModel) => active!.status === 'ready' && isSuspect(active!.recoveries)
    const setAside = free.filter((session) => session.active!.status === 'running' && aside.includes(session.active!.id))
    if (setAside.some((session) => !isSuspect(this.#countRecoveries(session.active!)))) return 'put aside a turn that is no suspect'
    const taken = claimed.length + setAside.length
    const due = free.some(isSetAside) ? 1 : Math.min(slots, free.length)
    if (taken > slots) return `took ${taken} turns with ${slots} slots`
    if (alone && taken < due) return `took ${taken} turns of ${free.length} with ${slots} slots`
    if (alone && free.some(isSetAside) && taken > 1) return 'took another turn beside a suspect'
    const isLost = ({ status }: TurnModel) => status !== 'ready'
    const orphaned = new Set<string>()
    for (const { session_id, turn_id } of claimed) {
      const session = free.find((candidate) => candidate.id === session_id)
      if (session?.active?.id !== turn_id) return `claimed ${turn_id}, which is not free`
      if (session.active.status === 'running') orphaned.add(turn_id)
    }
    if (claimed.some((turn) => orphaned.has(turn.turn_id) && isSuspect(turn.recoveries))) return 'took a suspect without putting it aside'
    const hasClaimedReady = !free.some(isSetAside) && claimed.some(({ turn_id }) => free.some((session) => session.active!.id === turn_id && session.active!.status === 'ready'))
    const leftOut = free.filter((session) => !claimed.some((turn) => turn.session_id === session.id) && !setAside.includes(session))
    if (alone && hasClaimedReady && leftOut.some((session) => isLost(session.active!))) return 'claimed a ready turn before one that lost its worker or its caller'
    for (const session of setAside) session.putAside(this.#countRecoveries(session.active!))
    for (const { session_id } of claimed) {
      const session = this.sessions.get(session_id)!
      session.claim(workerId, this.#countRecoveries(session.active!))
    }
    const expected = [...this.sessions.values()].flatMap(({ active, id, epoch, cancelRequested }) => {
      if (active?.status !== 'running' || active.worker_id !== workerId) return []
      const isClaimed = claimed.some((turn) => turn.turn_id === active.id)
      if (!alone && !isClaimed) return []
      const told = { session_id: id, turn_id: active.id, epoch, claimed: isClaimed, orphaned: orphaned.has(active.id), recoveries: active.recoveries, cancel_requested: cancelRequested }
      return [JSON.stringify(told)]
    })
    const told = (alone ? held : claimed).map(({ session_id, turn_id, epoch, claimed: isClaimed, orphaned: isOrphaned, recoveries, cancel_requested }) =>
      JSON.stringify({ session_id, turn_id, epoch, claimed: isClaimed, orphaned: isOrphaned, recoveries, cancel_requested }),
    )
    const differs = expected.length !== told.length || expected.some((one) => !told.includes(one))
    return differs ? `told ${told.join(', ')} instead of ${expected.join(', ')}` : null
  }

  #isFree(turn: TurnModel): boolean {
    if (turn.status === 'ready') return true
    if (turn.status === 'parked') return turn.is_due
    return this.workers.get(turn.worker_id!)?.state !== 'alive'
  }

  #countRecoveries({ id, status, worker_id, recoveries }: TurnModel): number {
    const worker = worker_id === null ? undefined : this.workers.get(worker_id)
    if (status !== 'running' || worker?.state !== 'killed') return recoveries
    if (worker.suspect_turn_id === id) return recoveries + 1
    return Math.max(recoveries, Math.min(recoveries + 1, recoveriesOfSuspect))
  }
}

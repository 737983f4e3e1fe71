import { recordSuspect, seeded, type Append } from '../../src/index.ts'
import type { AppendOperation } from './operation.ts'
import { openProcess, type Connections, type Process } from './processes.ts'
import { resumeRun } from './runner.ts'
import type { Tally } from './tally.ts'
import { isSuspect, type WorldModel } from './world-model.ts'

/** An append whose sender has heard nothing and will send it again. */
interface Unanswered {
  process: Process
  append: Append
  finish: AppendOperation['finish']
}

/** Where the steps are taken. */
export interface Scene {
  connections: Connections
  tally: Tally
  model: WorldModel
  sessionIds: string[]
  processes: Process[]
  unanswered: Unanswered[]
  /** Appends that may still arrive although their senders are gone, or have had their reply. */
  drawer: Append[]
}

const drawerMax = 12

/** Starts a process, in the place of another that has died. */
export async function startProcess({ connections, processes, model }: Scene, index: number): Promise<void> {
  const process = await openProcess(connections, index)
  processes[index] = process
  model.workers.set(process.workerId, { state: 'alive', draining: false, suspect_turn_id: null })
}

/** The process that a step means: one of those that run turns, if any does. */
export function pickBusy({ processes }: Scene, pick: number): Process {
  const busy = processes.filter((process) => process.runs.size > 0)
  const choice = busy.length > 0 ? busy : processes
  return choice[pick % choice.length]!
}

/** The session that a step means: one of those whose turn waits for its caller, if any does. */
export function pickParked({ model, sessionIds }: Scene, pick: number): string {
  const parked = sessionIds.filter((id) => model.sessions.get(id)!.active?.status === 'parked')
  const choice = parked.length > 0 ? parked : sessionIds
  return choice[pick % choice.length]!
}

/** Keeps a copy of an append that may arrive much later. A cancel that comes again is a new one, so none is kept. */
export function keepCopy({ drawer }: Scene, append: Append): void {
  if (append.kind === 'cancel') return
  drawer.push(append)
  if (drawer.length > drawerMax) drawer.shift()
}

/** Has a process take a turn up from the journal, if the process is still there and the turn still its own. */
export async function takeUp({ connections, model, processes }: Scene, process: Process, sessionId: string, turnId: string, epoch: number): Promise<void> {
  if (processes[process.index] !== process || process.runs.get(turnId)?.epoch === epoch) return
  const run = await resumeRun(connections.pool, sessionId, turnId, epoch)
  if (!run) return
  process.runs.set(turnId, run)
  if (!isSuspect(run.recoveries)) return
  await recordSuspect(connections.heart, process.workerId, turnId)
  model.workers.get(process.workerId)!.suspect_turn_id = turnId
}

export const { organization_id, model_id } = seeded

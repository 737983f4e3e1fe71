import { beat as sendBeat, type Beat } from '../../src/index.ts'
import { drop } from './mishaps.ts'
import type { BeatOperation, TakenBeat } from './operation.ts'
import { keepAlive } from './processes.ts'
import { takeUp, type Scene } from './scene.ts'
import type { SendingStep } from './steps.ts'

/** A heartbeat, and what its process does when it hears which turns are its own. */
export function prepareBeat(scene: Scene, { process: index, slots, heeds }: Extract<SendingStep, { do: 'beat' }>): BeatOperation {
  const { connections, model, processes } = scene
  const process = processes[index]!
  const { workerId, runs } = process
  const beat = async (): Promise<TakenBeat> => {
    await keepAlive(connections, [...model.workers].filter(([, worker]) => worker.state === 'alive').map(([id]) => id))
    // Every worker says that it is idle, so that a suspect never waits for one.
    const taken = await sendBeat(connections.heart, workerId, slots, true)
    const { rows } = await connections.pool.query<{ id: string }>("SELECT id FROM turns WHERE status = 'ready' AND recoveries >= 2")
    return { ...taken, aside: rows.map((row) => row.id) }
  }
  const take = async ({ held }: Beat): Promise<void> => {
    for (const { turn_id, session_id, epoch, claimed, cancel_requested } of held) {
      const run = runs.get(turn_id)
      if (run?.epoch === epoch) run.cancel ??= cancel_requested
      else if (claimed || heeds) await takeUp(scene, process, session_id, turn_id, epoch)
    }
    if (heeds) for (const turnId of runs.keys()) if (!held.some((turn) => turn.turn_id === turnId)) drop(scene, process, turnId)
  }
  return { name: 'beat', workerId, slots, beat, take }
}

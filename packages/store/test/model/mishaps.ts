/** What happens to processes and turns without anybody's asking for it. */
import { removeWorker, type Append } from '../../src/index.ts'
import { silence, type Process } from './processes.ts'
import { draftCheckpoint } from './runner.ts'
import { keepCopy, startProcess, type Scene } from './scene.ts'

/** Beyond these a heartbeat is late, or its worker gone whatever else speaks for it: see 0006_beat.sql. */
const lateMs = 750
const termMs = 5_000

/** A process dies, and another starts in its stead; or it is frozen, and goes on later as if nothing had happened. */
export async function crash(scene: Scene, process: Process, how: 'killed' | 'frozen' | 'removed'): Promise<void> {
  const { connections, model, tally, unanswered } = scene
  const { workerId, index } = process
  tally.count('step', `crash, ${how}`)
  if (how === 'removed') {
    await removeWorker(connections.pool, workerId)
    model.workers.delete(workerId)
  } else {
    await silence(connections, workerId, how === 'killed' ? { ms: lateMs + 250, dead: true } : { ms: termMs + 1_000, dead: false })
    model.workers.get(workerId)!.state = how
  }
  if (how === 'frozen') return
  for (const turnId of process.runs.keys()) drop(scene, process, turnId)
  for (const lost of unanswered.filter((one) => one.process === process)) {
    unanswered.splice(unanswered.indexOf(lost), 1)
    keepCopy(scene, lost.append)
  }
  await startProcess(scene, index)
}

/** A process loses a turn from memory: its next heartbeat tells of it. */
export function forget(scene: Scene, process: Process, pick: number): void {
  const turnId = [...process.runs.keys()].at(pick % Math.max(1, process.runs.size))
  if (turnId === undefined) return
  scene.tally.count('step', 'forget')
  const { unanswered } = scene
  const given = unanswered.findIndex(({ process: by, append }) => by === process && append.kind === 'checkpoint' && append.turn_id === turnId)
  // It has waited for a reply for so long that it does not ask again.
  if (given >= 0) keepTelling(scene, unanswered.splice(given, 1)[0]!.append)
  drop(scene, process, turnId)
}

/** What the process was about to send of a turn may still arrive. */
export function drop(scene: Scene, { runs }: Process, turnId: string): void {
  const run = runs.get(turnId)!
  runs.delete(turnId)
  if (run.is_waiting) return
  keepTelling(scene, draftCheckpoint(run, { says: 0, together: true, instead: 'nothing' }, [], null).checkpoint)
}

/** An append that brings no message is known by its number alone, which the same worker may use again under the same lease. */
function keepTelling(scene: Scene, append: Append): void {
  if (append.kind !== 'cancel' && append.messages.length > 0) keepCopy(scene, append)
}

export async function passDeadline({ connections, model, tally }: Scene, sessionId: string): Promise<void> {
  const { active } = model.sessions.get(sessionId)!
  if (active?.status !== 'parked' || active.is_due) return
  tally.count('step', 'deadline')
  const values = [sessionId, active.id]
  await connections.pool.query("UPDATE turns SET wake_at = clock_timestamp() - interval '1 second' WHERE session_id = $1 AND id = $2", values)
  await connections.pool.query("UPDATE tool_calls SET deadline_at = clock_timestamp() - interval '1 second' WHERE session_id = $1 AND turn_id = $2 AND deadline_at IS NOT NULL", values)
  active.is_due = true
}

export async function drain({ connections, model, tally }: Scene, { workerId }: Process): Promise<void> {
  tally.count('step', 'drain')
  await connections.pool.query('UPDATE workers SET drain_requested_at = clock_timestamp() WHERE id = $1', [workerId])
  model.workers.get(workerId)!.draining = true
}

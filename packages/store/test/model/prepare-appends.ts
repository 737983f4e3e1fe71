/** Turns a random step into an operation, from what its sender knows; null when there is nothing for it to do. */
import { newId } from '@reprise/contract'
import { newEvent, readPendingSteers, type Accept, type Append, type Cancel } from '../../src/index.ts'
import type { AppendOperation, Reply } from './operation.ts'
import { draftCheckpoint, draftLateWord, startRun, type Draft, type Run } from './runner.ts'
import { keepCopy, model_id, organization_id, pickBusy, takeUp, type Scene } from './scene.ts'
import type { Process } from './processes.ts'
import type { SendingStep, Travel } from './steps.ts'

export type StepOf<T extends SendingStep['do']> = Extract<SendingStep, { do: T }>
export type Finish = AppendOperation['finish']

export const waitingMax = 100
/** So that queues fill in a short run. */
const waitingMaxOfCrowded = 2

export function preparePost(scene: Scene, step: StepOf<'post'>): AppendOperation | null {
  const process = scene.processes[step.process]!
  const session_id = scene.sessionIds[step.session]!
  const [turn_id, message_id] = [newId('turn'), newId('message')]
  const failed = step.retries ? scene.model.sessions.get(session_id)!.turns.find((turn) => turn.status === 'failed' && !turn.is_excluded) : undefined
  const when_busy = failed ? 'enqueue' : step.when_busy
  const started = { turn_id, input_message_id: message_id }
  const accept: Accept = {
    kind: 'accept', organization_id, session_id, turn_id, message_id, when_busy, model_id,
    worker_id: step.takes ? process.workerId : null,
    idempotency_key: step.key === null ? null : `key ${step.key}`,
    body_sha256: step.other_body ? 'b' : 'a',
    definition_sha256: scene.connections.definition_sha256,
    reasoning_effort: null,
    error_disclosure: null,
    retry_of: failed?.id ?? null,
    image_ids: [],
    events: [newEvent('input.message', {})],
    edge_events: [newEvent('session.activated', started), newEvent('turn.started', started)],
    messages: [
      {
        id: message_id, event_index: 0, place: 0, role: 'user', content_json: '[{"type":"text","text":"hello"}]',
        controls_json: null, metadata_json: null, tags_json: null, external_actor_json: null, thinking_blocks: null, model_id: null, usage: null,
      },
    ],
  }
  const finish: Finish = async ({ outcome, delivery, epoch, ordinal, touched_turn_id, woken }) => {
    if (outcome !== 'stored' && outcome !== 'stored_before') return
    if (delivery === 'started' && step.takes && scene.processes[process.index] === process) {
      if (!process.runs.has(turn_id)) process.runs.set(turn_id, startRun({ session_id, turn_id, message_id }, ordinal!, epoch!))
    } else if (touched_turn_id && woken && step.takes) await takeUp(scene, process, session_id, touched_turn_id, epoch!)
    else if (touched_turn_id && (when_busy === 'interrupt' || when_busy === 'rollback')) hearOfCancel(process, touched_turn_id, when_busy)
  }
  return dispatch(scene, { process, travel: step.travel, name: `post ${when_busy}`, append: accept, finish, waitingMax: step.crowded ? waitingMaxOfCrowded : waitingMax })
}

export function prepareCancel(scene: Scene, step: StepOf<'cancel'>): AppendOperation | null {
  const process = scene.processes[step.process]!
  const session_id = scene.sessionIds[step.session]!
  const { turns } = scene.model.sessions.get(session_id)!
  const turn_id = step.scope === 'turn' ? (turns.at(-1 - step.pick)?.id ?? null) : null
  if (step.scope === 'turn' && turn_id === null) return null
  const cancel: Cancel = { kind: 'cancel', organization_id, session_id, worker_id: step.takes ? process.workerId : null, scope: step.scope, turn_id }
  const finish: Finish = async ({ outcome, touched_turn_id, woken, epoch }) => {
    if (outcome !== 'stored' || !touched_turn_id) return
    if (woken && step.takes) await takeUp(scene, process, session_id, touched_turn_id, epoch!)
    else hearOfCancel(process, touched_turn_id, 'cancel')
  }
  return dispatch(scene, { process, travel: step.travel, name: `cancel ${step.scope}`, append: cancel, finish, waitingMax })
}

/** The next checkpoint of a turn that a process believes it runs. */
export async function prepareWork(scene: Scene, step: StepOf<'work'>): Promise<AppendOperation | null> {
  const process = pickBusy(scene, step.process)
  const runs = [...process.runs.values()].filter((run) => !run.is_waiting)
  const run = runs[step.pick % Math.max(1, runs.length)]
  if (!run) return null
  const steers = run.pending_steers > 0 ? await readPendingSteers(scene.connections.pool, run.session_id, run.turn_id) : []
  const draft = draftCheckpoint(run, step, steers, step.takes ? process.workerId : null)
  run.is_waiting = true
  const { turn_status } = draft.checkpoint
  const finish = (reply: Reply) => goOn(scene, process, run, draft, reply)
  return dispatch(scene, { process, travel: step.travel, name: turn_status === 'running' ? 'checkpoint' : `checkpoint, ${turn_status}`, append: draft.checkpoint, finish, waitingMax })
}

async function goOn(scene: Scene, process: Process, run: Run, { checkpoint, after }: Draft, reply: Reply): Promise<void> {
  run.is_waiting = false
  const { session_id, turn_id } = run
  // Given up, or taken up anew, while the reply was on its way.
  if (process.runs.get(turn_id) !== run) return
  if (reply.outcome === 'fenced' || reply.outcome === 'session_not_found') {
    process.runs.delete(turn_id)
    return
  }
  const cancel = run.cancel ?? reply.cancel_requested ?? null
  Object.assign(run, after, { cancel, pending_steers: reply.pending_steers, is_waiting: false })
  if (!reply.settled) return
  process.runs.delete(turn_id)
  if (checkpoint.turn_status === 'parked') keepCopy(scene, draftLateWord(run))
  else if (reply.next_turn_id && checkpoint.worker_id !== null) await takeUp(scene, process, session_id, reply.next_turn_id, reply.epoch!)
}

/** A copy of something that nobody has had a reply to, or that was sent by who has died meanwhile. */
export function prepareZombie(scene: Scene, step: StepOf<'zombie'>): AppendOperation | null {
  const append = scene.drawer[step.pick % Math.max(1, scene.drawer.length)]
  if (!append) return null
  const isStale = append.kind !== 'accept' && append.kind !== 'cancel' && step.stale !== 'no'
  const sent = isStale ? { ...append, ...(step.stale === 'epoch' ? { epoch: append.epoch - 1 } : { checkpoint_number: append.checkpoint_number - 1 }) } : append
  // Without a key, only a copy that says it is one is known again: the first must not come after the second.
  const resent = !isStale && (step.resent || (append.kind === 'accept' && append.idempotency_key === null))
  const name = isStale ? `zombie ${append.kind}, stale ${step.stale}` : `zombie ${append.kind}${resent ? ', re-sent' : ''}`
  return { name, append: sent, resent, wasCut: false, waitingMax, send: () => scene.connections.sendRaw(sent, resent), finish: async () => {} }
}

export function prepareResend(scene: Scene, pick: number): AppendOperation | null {
  const [unanswered] = scene.unanswered.splice(pick % Math.max(1, scene.unanswered.length), 1)
  if (!unanswered) return null
  const { append, finish } = unanswered
  return { name: `${append.kind}, re-sent`, append, resent: true, wasCut: false, waitingMax, send: () => scene.connections.sendRaw(append, true), finish }
}

function hearOfCancel(process: Process, turnId: string, reason: NonNullable<Run['cancel']>): void {
  const run = process.runs.get(turnId)
  if (run) run.cancel ??= reason
}

interface Sending {
  process: Process
  travel: Travel
  name: string
  append: Append
  finish: Finish
  waitingMax: number
}

/** Sends an append by the process's journal, and loses what is to be lost on the way. */
export function dispatch(scene: Scene, { process, travel, name, append, finish, waitingMax: max }: Sending): AppendOperation | null {
  const { tally, connections, unanswered } = scene
  const wait = () => unanswered.push({ process, append, finish })
  // A caller that is impatient says it twice.
  if (append.kind === 'answer') keepCopy(scene, append)
  const operation = { name, append, resent: false, waitingMax: max }
  if (max !== waitingMax) return { ...operation, wasCut: false, send: () => connections.sendRaw(append, false, max), finish }
  tally.count('travel', travel)
  if (travel === 'request_lost') {
    tally.count('step', `${append.kind}, lost`)
    wait()
    return null
  }
  if (travel === 'reply_lost') {
    const lose = async () => {
      wait()
      keepCopy(scene, append)
    }
    return { ...operation, wasCut: false, send: () => sendBy(process.journal, append), finish: lose }
  }
  // A cancel that is sent twice is two.
  const isCut = (travel === 'reply_cut' || travel === 'request_cut') && append.kind !== 'cancel'
  if (!isCut) return { ...operation, wasCut: false, send: () => sendBy(process.journal, append), finish }
  const send = () => {
    connections.proxy.cutNext(travel === 'reply_cut' ? 'reply' : 'request')
    return sendBy(connections.cutJournal, append)
  }
  return { ...operation, wasCut: true, send, finish }
}

async function sendBy(journal: Process['journal'], append: Append): Promise<Reply> {
  switch (append.kind) {
    case 'accept':
      return await journal.accept(append)
    case 'checkpoint':
      return await journal.checkpoint(append)
    case 'answer':
      return await journal.answer(append)
    case 'cancel':
      return await journal.cancel(append)
  }
}

/** What is said from outside about the calls of a parked turn, from what is read of it: by the time it is sent it may be stale. */
import { createHash } from 'node:crypto'
import { newId } from '@reprise/contract'
import { newEvent, readCallerCalls, type Answer, type CallerCall, type NewMessage } from '../../src/index.ts'
import type { AppendOperation } from './operation.ts'
import { dispatch, waitingMax, type Finish, type StepOf } from './prepare-appends.ts'
import { organization_id, pickParked, takeUp, type Scene } from './scene.ts'

export async function prepareAnswer(scene: Scene, step: StepOf<'answer'>): Promise<AppendOperation | null> {
  const calls = await readAwaited(scene, step, ({ decision }) => decision !== 'required')
  if (calls.length === 0) return null
  return send(scene, step, 'answer', calls, {
    events: calls.map(({ id, name }) => newEvent('tool.completed', { tool_call_id: id, tool_name: name, success: true, status: 'success', duration_ms: 0 })),
    messages: calls.map((call, index) => makeResult(call, index, index)),
    changed_calls: calls.map(({ id }) => ({ id, closed_by: 'caller', result_sha256: createHash('sha256').update(id).digest('hex') })),
  })
}

/** Approves the first of the calls, and the others as the step says. */
export async function prepareDecision(scene: Scene, step: StepOf<'decide'>): Promise<AppendOperation | null> {
  const calls = await readAwaited(scene, step, ({ decision }) => decision === 'required')
  if (calls.length === 0) return null
  const denied = calls.filter((_, index) => step.denies || index > 0)
  const decisionOf = (call: CallerCall) => (denied.includes(call) ? 'deny' : 'approve')
  return send(scene, step, denied.length === 0 ? 'approve' : 'deny', calls, {
    events: [
      newEvent('tool.approval_decided', { approval_id: newId('approval'), approvals: calls.map((call) => ({ tool_call_id: call.id, tool_name: call.name, decision: decisionOf(call) })) }),
      ...denied.map(({ id, name }) => newEvent('tool.completed', { tool_call_id: id, tool_name: name, success: false, status: 'error', duration_ms: 0 })),
    ],
    messages: denied.map((call, index) => makeResult(call, 1 + index, index)),
    changed_calls: calls.map((call) => (denied.includes(call) ? { id: call.id, decision: 'deny', closed_by: 'approver' } : { id: call.id, decision: 'approve' })),
  })
}

async function readAwaited(scene: Scene, { session, calls }: StepOf<'answer' | 'decide'>, isWanted: (call: CallerCall) => boolean): Promise<CallerCall[]> {
  const session_id = pickParked(scene, session)
  const wanted = scene.model.sessions.get(session_id)!.active?.calls.filter((call) => call.closed_by === null).map((call) => call.id) ?? []
  const found = (await readCallerCalls(scene.connections.pool, organization_id, session_id, wanted)) ?? []
  return found.filter((call) => call.turn_status === 'parked' && call.is_awaited && isWanted(call)).slice(-calls)
}

type Said = Pick<Answer, 'events' | 'messages' | 'changed_calls'>

function send(scene: Scene, step: StepOf<'answer' | 'decide'>, name: string, calls: readonly CallerCall[], said: Said): AppendOperation | null {
  const process = scene.processes[step.process]!
  const session_id = pickParked(scene, step.session)
  const { turn_id, ordinal, input_message_id, epoch, checkpoint_number, awaited_calls } = calls[0]!
  const isComplete = calls.length === awaited_calls
  const answer: Answer = {
    kind: 'answer', organization_id, session_id, turn_id, message_id: input_message_id, ordinal, epoch, checkpoint_number,
    worker_id: isComplete && step.takes ? process.workerId : null,
    turn_status: isComplete ? 'running' : 'parked',
    edge_events: [],
    ...said,
  }
  const finish: Finish = async ({ outcome }) => {
    if ((outcome === 'stored' || outcome === 'stored_before') && answer.worker_id !== null) await takeUp(scene, process, session_id, turn_id, epoch + 1)
  }
  return dispatch(scene, { process, travel: step.travel, name: isComplete ? name : `${name} in part`, append: answer, finish, waitingMax })
}

function makeResult({ id, next_place }: CallerCall, event_index: number, index: number): NewMessage {
  return {
    id: newId('message'), event_index, place: next_place + index, role: 'tool_result', content_json: JSON.stringify([{ type: 'tool_result', tool_call_id: id, result: 1 }]),
    controls_json: null, metadata_json: null, tags_json: null, external_actor_json: null, thinking_blocks: null, model_id: null, usage: null,
  }
}

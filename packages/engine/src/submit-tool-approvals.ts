import { newId, turnHasEnded, type ApprovalDecision, type ToolResultPart } from '@reprise/contract'
import { newEvent, readCallerCalls, type CallerCall } from '@reprise/store'
import { appendAnswer, makeResultMessage, type AnswerServices } from './append-answer.ts'

/** What somebody decided about a call that must not run without. */
export interface SubmittedApproval {
  tool_call_id: string
  decision: ApprovalDecision
  reason?: string | null | undefined
}

export interface ApproveRequest {
  organization_id: string
  session_id: string
  approvals: readonly SubmittedApproval[]
}

export type ApproveOutcome =
  | { outcome: 'accepted'; accepted: number }
  | { outcome: 'session_not_found' | 'not_waiting' }
  /** Nothing was stored: the session has no such call to decide, or it was decided otherwise, or closed. */
  | { outcome: 'unknown_call' | 'call_closed'; tool_call_id: string }

/**
 * Decides calls of a parked turn: an approved one is the turn's to run, or to ask its caller for, once nothing is
 * awaited any more; a denied one has its error result at once. As with results, what is read here may be stale: the
 * decision is a compare-and-set on the turn as it was read.
 */
export async function submitToolApprovals(services: AnswerServices, request: ApproveRequest): Promise<ApproveOutcome> {
  const { organization_id, session_id, approvals } = request
  for (;;) {
    const calls = await readCallerCalls(services.db, organization_id, session_id, approvals.map((approval) => approval.tool_call_id))
    if (!calls) return { outcome: 'session_not_found' }
    const open: OpenDecision[] = []
    for (const approval of approvals) {
      const call = calls.find((candidate) => candidate.id === approval.tool_call_id)
      const refusal = refuse(call, approval)
      if (refusal) return refusal === 'not_waiting' ? { outcome: refusal } : { outcome: refusal, tool_call_id: approval.tool_call_id }
      if (call!.decision === 'required') open.push({ ...approval, call: call! }) // a call that is missing was refused
    }
    if (open.length === 0 || (await appendDecisions(services, request, open))) return { outcome: 'accepted', accepted: approvals.length }
  }
}

interface OpenDecision extends SubmittedApproval {
  call: CallerCall
}

function refuse(call: CallerCall | undefined, { decision }: SubmittedApproval): 'unknown_call' | 'call_closed' | 'not_waiting' | null {
  if (!call) return 'unknown_call'
  // The reason that came first stays: the model may have read it.
  if (call.decision === decision) return null
  if (call.decision === 'approve' || call.decision === 'deny' || call.closed_by !== null) return 'call_closed'
  if (call.decision === null) return 'unknown_call'
  // Open, but not asked for yet: tools of the same answer that need no approval run first.
  if (call.turn_status !== 'parked') return turnHasEnded[call.turn_status] ? 'call_closed' : 'not_waiting'
  return null
}

async function appendDecisions(services: AnswerServices, { organization_id, session_id }: ApproveRequest, open: readonly OpenDecision[]): Promise<boolean> {
  const denied = open.filter(({ decision }) => decision === 'deny')
  const decided = newEvent('tool.approval_decided', {
    // By this the decision is known again when its reply was lost.
    approval_id: newId('approval'),
    approvals: open.map(({ call, decision, reason }) => ({ tool_call_id: call.id, tool_name: call.name, decision, ...(reason && { reason }) })),
  })
  return await appendAnswer(services, {
    organization_id,
    session_id,
    calls: open.map(({ call }) => call),
    events: [
      decided,
      ...denied.map(({ call }) => newEvent('tool.completed', { tool_call_id: call.id, tool_name: call.name, success: false, status: 'error', duration_ms: 0 })),
    ],
    messages: denied.map((one, index) => makeResultMessage(describeDenial(one), 1 + index, one.call.next_place + index)),
    changed_calls: open.map(({ call, decision }) => (decision === 'deny' ? { id: call.id, decision, closed_by: 'approver' } : { id: call.id, decision })),
  })
}

function describeDenial({ call, reason }: OpenDecision): ToolResultPart {
  return { type: 'tool_result', tool_call_id: call.id, error: reason ? `The call was not approved: ${reason}` : 'The call was not approved.' }
}

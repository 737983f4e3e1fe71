import type { ToolCallPart } from '@reprise/contract'
import type { Debtor } from './next-step.ts'
import type { TurnRun } from './turn-run.ts'

/** Who has to move an open call on. A call with impossible arguments is the server's to refuse, whosever tool it is. */
export function findDebtor(run: TurnRun, call: Pick<ToolCallPart, 'id' | 'name'>): Debtor {
  if (run.faults.get(call.id)) return 'server'
  if (run.foundCalls.get(call.id)?.isExpired) return 'nobody'
  if (needsDecision(run, call)) return 'approver'
  return run.tools.isCallers(call.name) ? 'caller' : 'server'
}

/** Nobody has approved it, and somebody must: it has certainly not run. */
export function needsDecision({ foundCalls, tools }: TurnRun, { id, name }: Pick<ToolCallPart, 'id' | 'name'>): boolean {
  const found = foundCalls.get(id)
  // What the journal says was pinned when the call was made, whatever has become of its tool since.
  return found ? found.decision === 'required' : tools.needsApproval(name)
}

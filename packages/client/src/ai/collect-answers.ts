import type { UIMessage } from 'ai'
import type { RepriseClient } from '../create-reprise-client.ts'
import { toCallId } from './call-ids.ts'
import type { KnownCall } from './turn-translator.ts'

type Results = Parameters<RepriseClient['sessions']['submitToolResults']['mutate']>[0]['tool_results']
type Approvals = Parameters<RepriseClient['sessions']['submitToolApprovals']['mutate']>[0]['approvals']

export interface CollectedAnswers {
  results: Results
  approvals: Approvals
  /** The open calls of the message's last step, these answers included. */
  calls: KnownCall[]
  /** Some call still waits for the app or for a person. */
  isIncomplete: boolean
}

/** What the app and its user have said about the calls of an assistant message's last step. */
export function collectAnswers({ parts }: Pick<UIMessage, 'parts'>, turnId: string): CollectedAnswers {
  const answers: CollectedAnswers = { results: [], approvals: [], calls: [], isIncomplete: false }
  const lastStep = parts.slice(parts.findLastIndex(({ type }) => type === 'step-start') + 1)
  for (const part of lastStep) {
    if (!('toolCallId' in part)) continue
    const tool_call_id = toCallId(turnId, part.toolCallId)
    if (tool_call_id === null) continue
    const isOurs = part.providerExecuted !== true
    const isAnswered = isOurs && (part.state === 'output-available' || part.state === 'output-error')
    if (isAnswered) answers.results.push(part.state === 'output-error' ? { tool_call_id, error: part.errorText } : { tool_call_id, result: part.output ?? null })
    else if (part.state === 'approval-responded') {
      const { approved, reason } = part.approval
      answers.approvals.push({ tool_call_id, decision: approved ? 'approve' : 'deny', reason })
    } else if (part.state === 'approval-requested' || (isOurs && part.state === 'input-available')) answers.isIncomplete = true
    else continue
    answers.calls.push({ id: tool_call_id, isAnswered })
  }
  return answers
}

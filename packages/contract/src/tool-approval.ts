import { z } from 'zod'
import { refuseRepeatedCalls, toolCallId } from './tool.ts'

const approvalsMax = 100
const reasonCharactersMax = 4096

export const approvalDecision = z.enum(['approve', 'deny'])
export type ApprovalDecision = z.output<typeof approvalDecision>

/** What somebody decided about one call of a tool that needs approval. */
export const toolApproval = z
  .object({
    tool_call_id: toolCallId,
    decision: approvalDecision,
    reason: z.string().max(reasonCharactersMax).nullish().describe('Why: the model reads it when the call is denied'),
  })
  .meta({ id: 'ToolApproval' })
export type ToolApproval = z.output<typeof toolApproval>

/** The body of `POST /v1/sessions/{session_id}/tool-approvals`. */
export const toolApprovalsRequest = z
  .object({
    approvals: z
      .array(toolApproval)
      .min(1, 'must have at least one approval')
      .max(approvalsMax, `must have at most ${approvalsMax} approvals`)
      .superRefine(refuseRepeatedCalls('approvals')),
  })
  .meta({ id: 'ToolApprovalsRequest', example: { approvals: [{ tool_call_id: 'call_1', decision: 'approve' }] } })
export type ToolApprovalsRequest = z.output<typeof toolApprovalsRequest>

export const toolApprovalsResponse = z
  .object({
    accepted: z.int().describe('How many decisions are stored, those that had been stored before included'),
    status: z.literal('active'),
  })
  .meta({ id: 'ToolApprovalsResponse' })
export type ToolApprovalsResponse = z.output<typeof toolApprovalsResponse>

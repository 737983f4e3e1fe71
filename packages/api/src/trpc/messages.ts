import { AppError, type createMessageRequest, type Message, type MessageWithAnswer } from '@reprise/contract'
import { writeMessage } from '@reprise/store'
import { z } from 'zod'
import { chooseIdempotencyKey } from '../operations/choose-idempotency-key.ts'
import { createMessage } from '../operations/create-message.ts'
import { getToolResult, getToolResultInput } from '../operations/get-tool-result.ts'
import { listMessages, listMessagesInput } from '../operations/list-messages.ts'
import { expectAnswer } from '../operations/wait-for-answer.ts'
import type { messageAddress } from './message-address.ts'
import { checked, declared, procedure, rawProcedure, router } from './procedures.ts'

type CreateInput = z.input<typeof messageAddress> & z.input<typeof createMessageRequest>

export const messages = router({
  /** Answers as soon as the message is committed; with `wait`, when its turn has ended or the time is over. */
  create: rawProcedure.input(declared<CreateInput>()).mutation(async ({ ctx }): Promise<Message & Partial<Pick<MessageWithAnswer, 'answer' | 'turn_status'>>> => {
    const { services, caller, signal } = ctx
    const { address, body } = await ctx.readMessage()
    const { session_id, wait, timeout_ms } = address
    const idempotency_key = chooseIdempotencyKey(address.idempotency_key ?? null, body.request.client_message_id)
    const expected = wait ? expectAnswer(services, caller, session_id) : null
    try {
      const created = await createMessage(services, caller, { session_id, idempotency_key, body })
      const shown = parseMessage(writeMessage(created.message, undefined, created.delivery))
      if (!expected) return shown
      const { answer_json, turn_status } = await expected.for(created, timeout_ms, signal)
      return { ...shown, turn_status, answer: answer_json === null ? null : parseMessage(answer_json) }
    } finally {
      expected?.close()
    }
  }),

  /** A slice of a tool's whole result, as JSON text: the slices end to end are the value. */
  toolResult: procedure.input(checked(getToolResultInput.extend({ slice: z.int().min(0).default(0) }))).query(async ({ ctx, input }) => {
    const { size_bytes, slices, readSlice } = await getToolResult(ctx.services, ctx.caller, input)
    if (input.slice >= slices) throw new AppError('tool_result_not_found', { message: `There are ${slices} slices` })
    return { json: (await readSlice(input.slice)).toString(), slice: input.slice, slices, size_bytes }
  }),

  list: procedure.input(checked(listMessagesInput)).query(async ({ ctx, input }) => {
    const pieces = await listMessages(ctx.services, ctx.caller, input, ctx.signal)
    return pieces.map((message) => parseMessage(message.map((piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString())).join('')))
  }),
})

function parseMessage(json: string): Message {
  return JSON.parse(json) as Message // written by us
}

import { openAiError, type OpenAiRequest } from './openai-protocol.ts'
import type { Refusal } from './protocol-server.ts'

/** What Chat Completions, and the chat templates of common models, refuse of a request. */
export function refuseChat({ messages }: OpenAiRequest): Refusal | null {
  if (!Array.isArray(messages)) return openAiError(400, "Missing required parameter: 'messages'.", 'missing_required_parameter')
  for (const [index, { role, tool_calls = [], tool_call_id }] of messages.entries()) {
    const before = messages.slice(0, index)
    if (role !== 'tool' && before.at(-1)?.role === role) return openAiError(400, 'Conversation roles must alternate user/assistant/user/assistant/...')
    const answered = new Set<unknown>()
    for (const next of messages.slice(index + 1)) {
      if (next.role !== 'tool') break
      answered.add(next.tool_call_id)
    }
    const open = tool_calls.filter(({ id }) => !answered.has(id)).map(({ id }) => id)
    if (open.length > 0) return openAiError(400, `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${open.join(', ')}`)
    const caller = before.findLast((message) => message.role !== 'tool')
    if (role === 'tool' && !caller?.tool_calls?.some(({ id }) => id === tool_call_id)) return openAiError(400, "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.")
  }
  return null
}

import { openAiError, type Item, type OpenAiRequest } from './openai-protocol.ts'
import type { Refusal } from './protocol-server.ts'
import type { ResponsesMemory } from './responses-memory.ts'

/** What the Responses API refuses of a request, in its words. */
export function refuseResponses({ input }: OpenAiRequest, memory: ResponsesMemory): Refusal | null {
  if (!Array.isArray(input)) return openAiError(400, "Missing required parameter: 'input'.", 'missing_required_parameter')
  const called = new Set(input.filter((item) => item.type === 'function_call').map((item) => item['call_id']))
  const answered = new Set(input.filter((item) => item.type === 'function_call_output').map((item) => item['call_id']))
  for (const [index, item] of input.entries()) {
    const problem = describeProblem(item, input[index + 1], { called, answered, memory, before: input.slice(0, index) })
    if (problem) return openAiError(400, ...problem)
  }
  return null
}

interface Context {
  called: ReadonlySet<unknown>
  answered: ReadonlySet<unknown>
  memory: ResponsesMemory
  before: readonly Item[]
}

function describeProblem(item: Item, next: Item | undefined, { called, answered, memory, before }: Context): [message: string, code?: string] | null {
  switch (item.type) {
    case 'item_reference':
      return [`Item with id '${String(item['id'])}' not found. Items are not persisted when \`store\` is set to false.`]
    case 'reasoning':
      if (!memory.signatures.isSealed(item['encrypted_content'])) return [`The encrypted content for item ${String(item['id'])} could not be verified.`, 'invalid_encrypted_content']
      if (next && isAnswer(next)) return null
      return [`Item '${String(item['id'])}' of type 'reasoning' was provided without its required following item.`]
    case 'function_call': {
      if (typeof item['arguments'] !== 'string') return ["Invalid type for 'arguments': expected a string.", 'invalid_type']
      if (!answered.has(item['call_id'])) return [`No tool output found for function call ${String(item['call_id'])}.`]
      const required = memory.reasoningBefore(item['call_id'])
      if (required !== null && !before.some((earlier) => earlier['encrypted_content'] === required)) return [`Item '${String(item['call_id'])}' of type 'function_call' was provided without its required 'reasoning' item.`]
      return null
    }
    case 'function_call_output':
      return called.has(item['call_id']) ? null : [`No tool call found for function call output with call_id ${String(item['call_id'])}.`]
    default:
      return null
  }
}

/** What a model says after it has thought; more thinking may come first. */
function isAnswer(item: Item): boolean {
  return item.type === 'function_call' || item.type === 'reasoning' || item.role === 'assistant'
}

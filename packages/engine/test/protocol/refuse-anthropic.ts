import type { AnthropicMemory } from './anthropic-memory.ts'
import { anthropicError, blocksOf, type AnthropicRequest, type Block } from './anthropic-protocol.ts'
import type { ReceivedRequest, Refusal } from './protocol-server.ts'

interface Rules {
  key: string | null
  knows: (model: string) => boolean
  memory: AnthropicMemory
}

/** What the vendor refuses of a request, in its words. */
export function refuseAnthropic({ headers, body }: ReceivedRequest<AnthropicRequest>, { key, knows, memory }: Rules): Refusal | null {
  const invalid = (message: string) => anthropicError(400, 'invalid_request_error', message)
  if (key !== null && headers['x-api-key'] !== key) return anthropicError(401, 'authentication_error', 'invalid x-api-key')
  if (!headers['anthropic-version']) return invalid('anthropic-version: header is required')
  if (!knows(body.model)) return anthropicError(404, 'not_found_error', `model: ${body.model}`)
  if (!(body.max_tokens > 0)) return invalid('max_tokens: Field required')
  const messages = body.messages.map((message) => ({ role: message.role, blocks: blocksOf(message) }))
  if (messages[0]?.role !== 'user') return invalid('messages: first message must use the "user" role')
  if (countMarks(body) > 4) return invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${countMarks(body)}.`)
  for (const [index, { role, blocks }] of messages.entries()) {
    const next = messages[index + 1]
    if (next?.role === role) return invalid(`messages: roles must alternate between "user" and "assistant", but found multiple "${role}" roles in a row`)
    if (blocks.length === 0) return invalid(`messages.${index}: all messages must have non-empty content`)
    for (const [at, block] of blocks.entries()) {
      const problem = describeProblem(block, memory)
      if (problem) return invalid(`messages.${index}.content.${at}${problem}`)
    }
    const problem = role === 'assistant' ? checkCalls(index, blocks, next?.blocks ?? []) : checkResults(index, blocks, messages[index - 1]?.blocks ?? [])
    if (problem) return invalid(problem)
    if (role === 'assistant' && index === messages.length - 2 && !memory.isWhole(blocks)) {
      return invalid(`messages.${index}.content.0: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.`)
    }
  }
  return null
}

function describeProblem(block: Block, { signatures }: AnthropicMemory): string | null {
  switch (block.type) {
    case 'text':
      return String(block['text']).trim() === '' ? ': text content blocks must contain non-whitespace text' : null
    case 'thinking':
      return signatures.isOf(block['signature'], block['thinking']) ? null : ': Invalid `signature` in `thinking` block'
    case 'redacted_thinking':
      return signatures.isSealed(block['data']) ? null : ': Invalid `data` in `redacted_thinking` block'
    case 'tool_use':
      if (typeof block['input'] !== 'object' || block['input'] === null || Array.isArray(block['input'])) return '.tool_use.input: Input should be a valid dictionary'
      return /^[a-zA-Z0-9_-]+$/.test(String(block['id'])) ? null : ".tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
    default:
      return null
  }
}

function checkCalls(index: number, blocks: readonly Block[], next: readonly Block[]): string | null {
  const answered = new Set(next.filter((block) => block.type === 'tool_result').map((block) => block['tool_use_id']))
  const open = blocks.filter((block) => block.type === 'tool_use' && !answered.has(block['id'])).map((block) => block['id'])
  return open.length === 0 ? null : `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
}

function checkResults(index: number, blocks: readonly Block[], before: readonly Block[]): string | null {
  const called = new Set(before.filter((block) => block.type === 'tool_use').map((block) => block['id']))
  const stray = blocks.find((block) => block.type === 'tool_result' && !called.has(block['tool_use_id']))
  return stray ? `messages.${index}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(stray['tool_use_id'])}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.` : null
}

function countMarks(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce((sum, [key, inner]) => sum + (key === 'cache_control' ? 1 : countMarks(inner)), 0)
}

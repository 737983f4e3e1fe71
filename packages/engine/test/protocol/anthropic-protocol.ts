import type { Refusal } from './protocol-server.ts'

/** A request of the Messages API, as far as anything here reads it. */
export interface AnthropicRequest {
  model: string
  max_tokens: number
  system?: Block[]
  messages: { role: string; content: string | Block[] }[]
  tools?: Record<string, unknown>[]
  tool_choice?: Record<string, unknown>
  thinking?: { type: string; budget_tokens?: number }
  output_config?: { effort?: string }
}

export type Block = { type: string; [key: string]: unknown }

export function blocksOf({ content }: AnthropicRequest['messages'][number]): Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

export function isThinking({ type }: Block): boolean {
  return type === 'thinking' || type === 'redacted_thinking'
}

export function anthropicError(status: number, type: string, message: string): Refusal {
  return { status, body: { type: 'error', error: { type, message }, request_id: 'req_test' } }
}

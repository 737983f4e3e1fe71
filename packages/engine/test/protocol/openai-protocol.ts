import type { ReceivedRequest, Refusal } from './protocol-server.ts'
import type { ServerOptions } from './server-options.ts'

/** A request of the Responses API or of Chat Completions, as far as anything here reads it. */
export interface OpenAiRequest {
  model: string
  stream?: boolean
  tools?: Record<string, unknown>[]
  parallel_tool_calls?: boolean
  /** Responses. */
  input: Item[]
  store?: boolean
  include?: string[]
  reasoning?: { effort?: string; summary?: string }
  /** Chat Completions. */
  messages: ChatMessage[]
  reasoning_effort?: string
  stream_options?: { include_usage?: boolean }
}

export type Item = { type?: string; role?: string; [key: string]: unknown }

interface ChatMessage {
  role: string
  content?: unknown
  reasoning_content?: string
  tool_calls?: { id: string; function: { name: string; arguments: string } }[]
  tool_call_id?: string
}

export function openAiError(status: number, message: string, code: string | null = null, type = 'invalid_request_error'): Refusal {
  return { status, body: { error: { message, type, param: null, code } } }
}

/** What both of its APIs refuse. */
export function refuseCaller({ headers, body }: ReceivedRequest<OpenAiRequest>, { key = 'test-key', knows = () => true }: ServerOptions): Refusal | null {
  if (key !== null && headers.authorization !== `Bearer ${key}`) return openAiError(401, `Incorrect API key provided: ${mask(headers.authorization)}.`, 'invalid_api_key')
  if (!knows(body.model)) return openAiError(404, `The model \`${body.model}\` does not exist or you do not have access to it.`, 'model_not_found')
  return null
}

/** As OpenAI quotes it: its first and last characters are told. */
function mask(authorization = ''): string {
  const key = authorization.replace('Bearer ', '')
  return `${key.slice(0, 8)}***${key.slice(-4)}`
}

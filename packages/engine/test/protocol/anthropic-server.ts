import { AnthropicMemory } from './anthropic-memory.ts'
import { anthropicError, blocksOf, type AnthropicRequest } from './anthropic-protocol.ts'
import { writeAnthropicStream } from './anthropic-stream.ts'
import { refuseAnthropic } from './refuse-anthropic.ts'
import { startProtocolServer, type ProtocolServer } from './protocol-server.ts'
import type { ServerOptions } from './server-options.ts'

/** Speaks Anthropic's Messages API as it is publicly documented, and refuses what that refuses. */
export async function startAnthropicServer(options: ServerOptions = {}): Promise<ProtocolServer<AnthropicRequest>> {
  const { port = 0, key = 'test-key', knows = (model) => model.startsWith('claude-') } = options
  const memory = new AnthropicMemory()
  return await startProtocolServer<AnthropicRequest>(
    {
      '/v1/messages': {
        refuse: (request) => refuseAnthropic(request, { key, knows, memory }),
        echo: (body) => ({ says: [`You said: ${lastWords(body)}`] }),
        write: (answer, { model }) => writeAnthropicStream(answer, model, memory),
        errorEvent: (type, message) => ({ event: 'error', data: { type: 'error', error: { type, message } } }),
        errorBody: (status) => anthropicError(status, errorTypes.get(status) ?? 'api_error', 'As scripted.').body,
      },
    },
    port,
  )
}

const errorTypes: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [529, 'overloaded_error'],
])

function lastWords({ messages }: AnthropicRequest): string {
  const last = messages.at(-1)
  return last ? blocksOf(last).map((block) => (block.type === 'text' ? String(block['text']) : block.type === 'tool_result' ? JSON.stringify(block['content']) : `[${block.type}]`)).join('\n') : ''
}

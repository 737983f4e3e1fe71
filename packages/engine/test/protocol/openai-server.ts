import { writeChatStream } from './chat-stream.ts'
import { openAiError, refuseCaller, type OpenAiRequest } from './openai-protocol.ts'
import { startProtocolServer, type ProtocolServer } from './protocol-server.ts'
import { refuseChat } from './refuse-chat.ts'
import { refuseResponses } from './refuse-responses.ts'
import { ResponsesMemory } from './responses-memory.ts'
import { writeResponsesStream } from './responses-stream.ts'
import type { ServerOptions } from './server-options.ts'

/** Speaks OpenAI's Responses API and Chat Completions as they are publicly documented, and refuses what those refuse. */
export async function startOpenAiServer(options: ServerOptions = {}): Promise<ProtocolServer<OpenAiRequest>> {
  const memory = new ResponsesMemory()
  const errorBody = (status: number) => openAiError(status, 'As scripted.', null, status >= 500 ? 'server_error' : 'invalid_request_error').body
  return await startProtocolServer<OpenAiRequest>(
    {
      '/v1/responses': {
        refuse: (request) => refuseCaller(request, options) ?? refuseResponses(request.body, memory),
        echo: ({ input }) => ({ says: [`You said: ${textOf(input.at(-1)?.['content'] ?? input.at(-1)?.['output'])}`] }),
        write: (answer, body) => writeResponsesStream(answer, body, memory),
        errorEvent: (code, message) => ({ event: 'error', data: { type: 'error', sequence_number: 99, code, message, param: null } }),
        errorBody,
      },
      '/v1/chat/completions': {
        refuse: (request) => refuseCaller(request, options) ?? refuseChat(request.body),
        echo: ({ messages }) => ({ says: [`You said: ${textOf(messages.at(-1)?.content)}`] }),
        write: writeChatStream,
        errorEvent: (type, message) => ({ data: { error: { message, type, param: null, code: type } } }),
        errorBody,
      },
    },
    options.port ?? 0,
  )
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return String(content ?? '')
  return content.map((part: { type: string; text?: string }) => part.text ?? `[${part.type}]`).join('\n')
}

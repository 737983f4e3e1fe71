import type { Message } from '@reprise/contract'
import { readUntil } from './open-stream.ts'
import { createSession, postMessage, scriptMessage } from './requests.ts'

/** A tool that the caller runs. */
const askTool = { type: 'client_side', name: 'ask', description: 'Asks the user', parameters: { type: 'object' } }

/** The message of a turn that waits for its caller to answer so many calls: `call_1`, `call_2` and so on. */
export async function parkTurn(url: string, { calls = 1, approval = false } = {}): Promise<Message> {
  const session = await createSession(url, { tools: [{ ...askTool, requires_approval: approval }] })
  const tool_calls = Array.from({ length: calls }, (_, index) => ({ name: 'ask', arguments: { question: index + 1 } }))
  const message = await postMessage(url, session.id, scriptMessage([{ tool_calls }, { text: 'Thank you.' }]))
  await readUntil(url, session.id, approval ? 'tool.approval_requested' : 'tool.call_requested')
  return message
}

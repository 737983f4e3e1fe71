import { createRepriseClient, followTurn, postMessage, type RepriseClient, type SessionEvent } from '@reprise/client'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { TurnPrinter } from '../turn-printer.ts'

export interface ChatOptions {
  url: string
  api_key?: string | undefined
  agent_name?: string | undefined
  /** Tools of the server that the agent is given, such as `calculator`. */
  capabilities?: { ref: string; config?: Record<string, unknown> }[]
  input: Readable
  output: Writable
}

/**
 * A chat in the terminal: each line (`\` at its end: with the next one) is a message, and the answer is printed as it is written. A server that is restarted
 * meanwhile is waited for. Where a tool needs approval, the next line decides.
 */
export async function chat({ url, api_key, agent_name = 'assistant', capabilities, input, output }: ChatOptions): Promise<void> {
  const client = createRepriseClient({ url, api_key })
  const { id: session_id } = await client.sessions.create.mutate({ agent_name, capabilities })
  output.write(`Session ${session_id}. Say something; Ctrl-D ends.\n`)
  const printer = new TurnPrinter(output)
  const lines = createInterface({ input })[Symbol.asyncIterator]()
  const readLine = async () => (await lines.next()).value as string | undefined // undefined at the input's end
  for (let text = await readText(readLine); text !== undefined; text = await readText(readLine)) {
    if (text.trim() === '') continue
    const message = await postMessage(client, { session_id, text })
    for await (const event of followTurn(client, message)) {
      printer.print(event)
      if (event.type === 'tool.approval_requested') await decide(client, event, output, readLine)
    }
  }
}

/** A line, and those after it as long as they end with a backslash. */
async function readText(readLine: () => Promise<string | undefined>): Promise<string | undefined> {
  let text = await readLine()
  while (text?.endsWith('\\')) text = `${text.slice(0, -1)}\n${(await readLine()) ?? ''}`
  return text
}

type ApprovalRequest = Extract<SessionEvent, { type: 'tool.approval_requested' }>

async function decide(client: RepriseClient, { session_id, data: { tool_calls } }: ApprovalRequest, output: Writable, readLine: () => Promise<string | undefined>): Promise<void> {
  for (const { id: tool_call_id, name } of tool_calls) {
    output.write(`May ${name} run? (y/n) `)
    const decision = /^y/i.test((await readLine()) ?? '') ? 'approve' : 'deny'
    await client.sessions.submitToolApprovals.mutate({ session_id, approvals: [{ tool_call_id, decision }] })
  }
}

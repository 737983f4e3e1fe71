import { createRepriseClient } from '@reprise/client'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { TextPrinter } from './text-printer.ts'

export interface ChatOptions {
  url: string
  api_key?: string
  agent_name?: string
  input: Readable
  output: Writable
}

/** A chat in the terminal: each line is a message, and the answer is printed as it is written. */
export async function chat({ url, api_key, agent_name = 'assistant', input, output }: ChatOptions): Promise<void> {
  const client = createRepriseClient({ url, ...(api_key !== undefined && { api_key }) })
  const session = await client.sessions.create.mutate({ agent_name })
  output.write(`Session ${session.id}. Say something; Ctrl-D ends.\n`)

  const printer = new TextPrinter(output)
  const subscription = client.events.subscribe.subscribe(
    { session_id: session.id, types: ['output.message.started', 'output.message.delta', 'tool.completed', 'turn.completed', 'turn.failed'] },
    { onData: ({ data: event }) => printer.print(event), onError: (error) => printer.fail(error) },
  )
  try {
    for await (const text of createInterface({ input })) {
      if (text.trim() === '') continue
      const { turn_id } = await client.messages.create.mutate({ session_id: session.id, message: { content: [{ type: 'text', text }] } })
      await printer.turnEnd(turn_id!)
    }
  } finally {
    subscription.unsubscribe()
  }
}

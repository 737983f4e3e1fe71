/**
 * A bot whose tools run here: the server asks for them, and nothing here has to be reachable from outside.
 *
 * B1  A call is answered at least once: a bot that ends between running a tool and answering leaves a turn that waits, and
 *     the next one with the same session takes it up (`resumeBot`).
 * B2  So a tool may run twice for one call, under the same key; and an answer may be sent twice, which the server takes as one.
 */
import { findRunningTurn, followTurn, postMessage, readError, retryCall, TurnError, type RepriseClient, type TurnAddress } from '@reprise/client'
import type { Writable } from 'node:stream'
import { TurnPrinter } from '../turn-printer.ts'
import { answerCall, describeTool, type BotTool } from './bot-tool.ts'

export interface BotOptions {
  client: RepriseClient
  tools: readonly BotTool[]
  output: Writable
  signal?: AbortSignal
}

export async function openBotSession(client: RepriseClient, tools: readonly BotTool[], agent_name = 'assistant'): Promise<string> {
  return (await client.sessions.create.mutate({ agent_name, title: 'Bot', tools: tools.map(describeTool) })).id
}

/** Says something to the bot's agent and does what it asks for, until it has answered. */
export async function askBot(options: BotOptions, session_id: string, text: string): Promise<void> {
  await serveTurn(options, await postMessage(options.client, { session_id, text }, options))
}

/** Goes on with what an earlier run of the bot has left; false when it has left nothing. */
export async function resumeBot(options: BotOptions, session_id: string): Promise<boolean> {
  const turn_id = await findRunningTurn(options.client, session_id, options.signal)
  if (turn_id === null) return false
  await serveTurn(options, { session_id, turn_id })
  return true
}

async function serveTurn({ client, tools, output, signal }: BotOptions, turn: TurnAddress): Promise<void> {
  const { session_id, turn_id } = turn
  const options = { signal }
  const printer = new TurnPrinter(output)
  for await (const event of followTurn(client, turn, options)) {
    printer.print(event)
    if (event.type === 'turn.failed') throw new TurnError(turn_id, event.data.error_code, event.data.error)
    if (event.type === 'tool.call_requested') {
      const tool_results = await Promise.all(event.data.tool_calls.map((call) => answerCall(tools, call, turn_id)))
      signal?.throwIfAborted()
      await retryCall(() => client.sessions.submitToolResults.mutate({ session_id, tool_results }, options), options).catch(refuseUnlessClosed)
    }
  }
}

/** Another run of the bot has answered, or the turn has waited long enough: the events that follow tell how it went on. */
function refuseUnlessClosed(error: unknown): void {
  const code = readError(error)?.code
  if (code !== 'tool_call_closed' && code !== 'not_waiting_for_tool_results') throw error
}

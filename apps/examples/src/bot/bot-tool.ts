import { z } from 'zod'

/** A tool of the bot's own: the model is told its schema, and `run` gets arguments that fit it. */
export interface BotTool<Input = unknown> {
  name: string
  description: string
  input: z.ZodType<Input>
  /** May be run again with the same key, when the bot ended before the server had its result: what it does outside has to be done once per key. */
  run(input: Input, key: string): Promise<unknown>
}

/** Forgets the type of a tool's input, which `answerCall` checks. */
export function defineBotTool<Input>(tool: BotTool<Input>): BotTool {
  return { ...tool, run: (input, key) => tool.run(input as Input, key) } // parsed by its own schema
}

/** As the server is told of it: with the schema of what the model has to give, defaults being optional. */
export function describeTool({ name, description, input }: BotTool) {
  return { type: 'client_side' as const, name, description, parameters: z.toJSONSchema(input, { io: 'input' }) as Record<string, unknown> } // an object, by its documentation
}

interface ToolCall {
  id: string
  name: string
  arguments: unknown
}

/** Runs one call; whatever goes wrong is said to the model, which may try otherwise. */
export async function answerCall(tools: readonly BotTool[], { id, name, arguments: args }: ToolCall, turnId: string) {
  const tool = tools.find((candidate) => candidate.name === name)
  if (!tool) return { tool_call_id: id, error: `This bot has no tool ${name}` }
  const input = tool.input.safeParse(args)
  if (!input.success) return { tool_call_id: id, error: `Invalid arguments: ${z.prettifyError(input.error)}` }
  try {
    // Models repeat the ids of their calls, but not within a turn.
    return { tool_call_id: id, result: (await tool.run(input.data, `${turnId}/${id}`)) ?? null }
  } catch (error) {
    return { tool_call_id: id, error: error instanceof Error ? error.message : 'The tool failed' }
  }
}

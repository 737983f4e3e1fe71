import type { ToolDefinition } from '@reprise/contract'
import type { TurnDefinition } from '@reprise/store'
import type { ToolSpec } from '../models/model-provider.ts'
import { chooseTools, type Capability } from './capabilities.ts'
import type { Tool } from './tool.ts'

export type WebhookDefinition = Extract<ToolDefinition, { type: 'webhook' }>

/** The tools of one turn: those that the server runs, and those that its caller does. */
export interface TurnTools {
  /** As the model is told of them. */
  specs: readonly ToolSpec[]
  /** Null for a name that is not there, or is the caller's. */
  find(name: string): Tool | null
  isCallers(name: string): boolean
}

/** A definition of the agent or session comes before a built-in tool of the same name. */
export function chooseTurnTools({ capabilities: refs, tools }: TurnDefinition, capabilities: readonly Capability[], makeWebhookTool: (definition: WebhookDefinition) => Tool): TurnTools {
  const servers = new Map(chooseTools(refs, capabilities).map((tool) => [tool.name, tool]))
  const callers = new Map<string, ToolSpec>()
  for (const definition of tools) {
    if (definition.type === 'webhook') servers.set(definition.name, makeWebhookTool(definition))
    else callers.set(definition.name, definition)
  }
  for (const name of callers.keys()) servers.delete(name)
  return {
    specs: [...servers.values(), ...callers.values()].map(({ name, description, parameters }) => ({ name, description, parameters })),
    find: (name) => servers.get(name) ?? null,
    isCallers: (name) => callers.has(name),
  }
}

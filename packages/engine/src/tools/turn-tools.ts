import type { CapabilityRef, ToolDefinition } from '@reprise/contract'
import type { ToolSpec } from '../models/model-provider.ts'
import { listCapabilityTools, type Capability } from './capabilities.ts'
import { giveNames, type ToolCollision, type ToolSource } from './give-names.ts'
import type { Tool } from './tool.ts'

export type WebhookDefinition = Extract<ToolDefinition, { type: 'webhook' }>

/** A tool as a turn has it. */
export interface TurnTool extends ToolSpec {
  requires_approval?: boolean | undefined
  /** What the server runs; null for a tool that the caller runs. */
  server: Tool | null
}

/** The tools of one turn: those that the server runs, and those that its caller does. */
export interface TurnTools {
  /** As the model is told of them: no two have the same name. */
  specs: readonly ToolSpec[]
  /** Tools that the model is not told of, since others have their names. */
  collisions: readonly ToolCollision[]
  /** Null for a name that is not there, or is the caller's. */
  find(name: string): Tool | null
  isCallers(name: string): boolean
  /** Whether a call of it waits until somebody approves it. */
  needsApproval(name: string): boolean
  /** What its arguments have to be, whoever runs it; null for a name that is not there. */
  findSpec(name: string): ToolSpec | null
}

/** Of a turn that calls no tool any more. */
export const noTools: TurnTools = chooseTurnTools([])

/** The model gets what the sources have, in their order: see `giveNames` for tools of one name. */
export function chooseTurnTools(sources: readonly ToolSource<TurnTool>[]): TurnTools {
  const { named, collisions } = giveNames(sources)
  const isServers = (tool: TurnTool) => tool.server !== null
  const entries = [...named]
  // Those of the server first: the order is part of the prompt, and stays the same from turn to turn.
  const ordered = [...entries.filter(([, tool]) => isServers(tool)), ...entries.filter(([, tool]) => !isServers(tool))]
  return {
    specs: ordered.map(([name, { description, parameters }]) => ({ name, description, parameters })),
    collisions,
    find: (name) => named.get(name)?.server ?? null,
    isCallers: (name) => named.get(name)?.server === null,
    needsApproval: (name) => named.get(name)?.requires_approval ?? false,
    findSpec: (name) => named.get(name) ?? null,
  }
}

/** A tool that the server runs, as a turn has it. */
export function toTurnTool(tool: Tool, requires_approval = tool.requires_approval): TurnTool {
  const { name, description, parameters } = tool
  return { name, description, parameters, requires_approval, server: tool }
}

/** What an agent or session defines itself comes before the capabilities that it names. */
export function listDefinedSources(
  { tools, capabilities: refs }: { tools: readonly ToolDefinition[]; capabilities: readonly CapabilityRef[] },
  capabilities: readonly Capability[],
  makeWebhookTool: (definition: WebhookDefinition) => Tool,
): ToolSource<TurnTool>[] {
  return [
    ...tools.map((definition, index) => ({ origin: `tools[${index}]`, tools: [toDefinedTool(definition, makeWebhookTool)] })),
    ...listCapabilityTools(refs, capabilities).map(({ ref, tools: known }) => ({
      origin: `the capability ${JSON.stringify(ref)}`,
      tools: known.map(({ tool, requires_approval }) => toTurnTool(tool, requires_approval)),
    })),
  ]
}

function toDefinedTool(definition: ToolDefinition, makeWebhookTool: (definition: WebhookDefinition) => Tool): TurnTool {
  if (definition.type === 'webhook') return toTurnTool(makeWebhookTool(definition), definition.requires_approval)
  const { name, description, parameters, requires_approval } = definition
  return { name, description, parameters, requires_approval, server: null }
}

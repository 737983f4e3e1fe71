import { AppError, type CapabilityRef, type ToolDefinition } from '@reprise/contract'
import { giveNames, listCapabilityTools, type Capability, type ToolSource } from '@reprise/engine'
import { fieldError } from '../errors/to-app-error.ts'
import type { Services } from '../services.ts'

export interface GivenTools {
  tools: readonly ToolDefinition[]
  capabilities: readonly CapabilityRef[]
}

/**
 * Refuses two tools of one name, whichever two places they come from. What a request leaves out is `inherited` from its
 * agent: that alone is not the request's fault.
 */
export function checkToolNames(known: readonly Capability[], given: GivenTools, inherited: GivenTools = { tools: [], capabilities: [] }): void {
  const own = listNames(known, given, '')
  const others = listNames(known, inherited, ' of the agent')
  const [collision] = giveNames([...own, ...others]).collisions
  if (!collision) return
  const { name, kept, left_out } = collision
  // The later one is at fault, unless only the earlier one is the request's.
  const path = [...own].reverse().find(({ origin }) => origin === left_out || origin === kept)?.path
  if (path) throw fieldError('invalid_request', path, `${kept} and ${left_out} both give a tool named ${JSON.stringify(name)}`)
}

type NamedSource = ToolSource<{ name: string }> & { path: string }

/** The definitions come last, for of two places a definition's name is the one that its author can change. */
function listNames(known: readonly Capability[], { tools, capabilities }: GivenTools, whose: string): NamedSource[] {
  return [
    ...listCapabilityTools(capabilities, known).map(({ ref, tools: its }, index) => ({
      origin: `the capability ${JSON.stringify(ref)}${whose}`,
      path: `capabilities[${index}].ref`,
      tools: its.map(({ tool }) => tool),
    })),
    ...tools.map((tool, index) => ({ origin: `tools[${index}]${whose}`, path: `tools[${index}].name`, tools: [tool] })),
  ]
}

/** Refuses a schema that no call could be checked against, or only at too high a price. Nothing it refers to is fetched. */
export async function checkToolSchemas({ compute }: Services, tools: readonly ToolDefinition[]): Promise<void> {
  for (const [index, { parameters }] of tools.entries()) {
    const checked = await compute.checkToolSchema(parameters)
    if (checked.ok) continue
    const { code, message } = checked.refusal
    if (code !== 'invalid_request') throw new AppError(code, { message })
    throw fieldError(code, `tools[${index}].parameters`, message)
  }
}

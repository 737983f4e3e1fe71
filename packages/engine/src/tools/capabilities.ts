import type { CapabilityRef } from '@reprise/contract'
import { calculator } from './calculator.ts'
import { currentTime } from './current-time.ts'
import type { Tool } from './tool.ts'

/** A set of server-side tools that an agent is given by its ref. */
export interface Capability {
  ref: string
  description: string
  /** Some are made of the config that an agent or a session gives with the ref. */
  tools: readonly Tool[] | ((config: Record<string, unknown>) => readonly Tool[])
}

export const builtInCapabilities = [
  { ref: 'current_time', description: 'The current date and time in any time zone', tools: [currentTime] },
  { ref: 'calculator', description: 'Arithmetic that is computed, not guessed', tools: [calculator] },
] satisfies Capability[]

export interface FoundTools {
  /** Each tool once, in the order of the refs. */
  tools: Tool[]
  unknown_refs: string[]
}

/** Finds the tools of the capabilities that these refs name. */
export function findTools(refs: readonly string[], capabilities: readonly Capability[]): FoundTools {
  const tools = new Set<Tool>()
  const unknown_refs = new Set<string>()
  for (const ref of refs) {
    const capability = capabilities.find((candidate) => candidate.ref === ref)
    if (capability === undefined) unknown_refs.add(ref)
    else for (const tool of makeTools(capability, {})) tools.add(tool)
  }
  return { tools: [...tools], unknown_refs: [...unknown_refs] }
}

/** The tools that a turn is given, as its agent or session has configured them. */
export function chooseTools(refs: readonly CapabilityRef[], capabilities: readonly Capability[]): Tool[] {
  return refs.flatMap(({ ref, config = {} }) => {
    const capability = capabilities.find((candidate) => candidate.ref === ref)
    return capability ? makeTools(capability, config) : []
  })
}

function makeTools({ tools }: Capability, config: Record<string, unknown>): readonly Tool[] {
  return typeof tools === 'function' ? tools(config) : tools
}

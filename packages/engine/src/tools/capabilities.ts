import type { CapabilityRef } from '@reprise/contract'
import type { z } from 'zod'
import { calculator } from './calculator.ts'
import { currentTime } from './current-time.ts'
import type { Tool } from './tool.ts'

/** A set of server-side tools that an agent is given by its ref. */
export interface Capability {
  ref: string
  description: string
  /** Of the `config` beside its ref; without one it takes none. */
  config?: z.ZodObject
  /** Some are made of that config. */
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

interface CapabilityTools {
  ref: string
  tools: { tool: Tool; requires_approval: boolean }[]
}

/**
 * The tools of each capability that is named, in the order of the refs, as its config wants them. A capability that is
 * named again, or a tool that several share, is listed with the first; it needs approval when the tool itself does, or
 * any of the refs says so.
 */
export function listCapabilityTools(refs: readonly CapabilityRef[], capabilities: readonly Capability[]): CapabilityTools[] {
  const listed = new Map<Tool, { tool: Tool; requires_approval: boolean }>()
  const made = new Map<string, readonly Tool[]>()
  return refs.map(({ ref, config = {} }) => {
    const capability = capabilities.find((candidate) => candidate.ref === ref)
    const known = made.get(ref) ?? (capability ? makeTools(capability, config) : [])
    made.set(ref, known)
    const isGuarded = config['requires_approval'] === true
    const added: CapabilityTools['tools'] = []
    for (const tool of known) {
      const before = listed.get(tool)
      if (before) before.requires_approval ||= isGuarded
      else {
        const one = { tool, requires_approval: isGuarded || tool.requires_approval === true }
        listed.set(tool, one)
        added.push(one)
      }
    }
    return { ref, tools: added }
  })
}

/** Approval is the turn's to ask for, whatever the tools. */
function makeTools({ tools }: Capability, { requires_approval: _approval, ...config }: Record<string, unknown>): readonly Tool[] {
  return typeof tools === 'function' ? tools(config) : tools
}

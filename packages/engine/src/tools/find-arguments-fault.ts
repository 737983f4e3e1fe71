import type { Compute } from '@reprise/compute'
import { AppError, type ToolCallPart } from '@reprise/contract'
import { pause } from '../turn/pause.ts'
import type { TurnTools } from './turn-tools.ts'

/** While all threads are busy, a call waits to be judged: so long, and so often. */
const busyMs = 200
const busyTimesMax = 50

/**
 * Says what is wrong with the arguments of a call in words that the model can repair it by, or null. A tool that checks
 * them itself when it runs is asked only where somebody else would be asked to approve the call first.
 */
export async function findArgumentsFault(compute: Compute, tools: TurnTools, { name, arguments: args }: ToolCallPart, signal: AbortSignal): Promise<string | null> {
  const spec = tools.findSpec(name)
  if (!spec) return null
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return `Invalid arguments: they must be a JSON object, and are ${describeForm(args)}`
  const tool = tools.find(name)
  if (tool?.findFault) return tools.needsApproval(name) ? tool.findFault(args) : null
  for (let times = 1; ; times++) {
    const checked = await compute.checkToolArguments(spec.parameters, args, { signal })
    if (checked.ok) return checked.value.length === 0 ? null : `Invalid arguments: ${checked.value.join('; ')}`
    const { code, message } = checked.refusal
    if (code === 'shutting_down') throw new AppError(code)
    if (code !== 'overloaded') return `The arguments could not be checked: ${message}`
    if (times === busyTimesMax) throw new AppError(code, { retryAfterSeconds: 1 })
    await pause(busyMs, signal)
  }
}

/** A model whose JSON was broken is handed on as the text that it wrote. */
function describeForm(args: unknown): string {
  if (typeof args === 'string') return isJson(args) ? 'a string' : 'not valid JSON'
  if (Array.isArray(args)) return 'an array'
  return args === null || args === undefined ? 'missing' : `a ${typeof args}`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

import type { Compute } from '@reprise/compute'
import { AppError, type ToolCallPart } from '@reprise/contract'
import { runPatiently } from '../run-patiently.ts'
import type { TurnTools } from './turn-tools.ts'

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
  const checked = await runPatiently(() => compute.checkToolArguments(spec.parameters, args, { signal }), signal)
  if (checked.ok) return checked.value.length === 0 ? null : `Invalid arguments: ${checked.value.join('; ')}`
  const { code, message } = checked.refusal
  // The call is judged again when the threads have room, by this process or another.
  if (code === 'shutting_down' || code === 'overloaded') throw new AppError(code, { retryAfterSeconds: 1 })
  return `The arguments could not be checked: ${message}`
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

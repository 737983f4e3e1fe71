import { formatPath } from '@reprise/contract'
import { z } from 'zod'
import { ModelError } from '../model-error.ts'

const delayMsMax = 600_000

/**
 * `429`, `500`: refused before the first token. `hang`: no answer until the call is aborted. `cut`: the stream breaks
 * off half-way. `malformed`: an answer that cannot be read.
 */
const simFault = z.strictObject({
  kind: z.enum(['429', '500', 'hang', 'cut', 'malformed']),
  /** How many attempts of the step fail; the next one succeeds. */
  times: z.int().min(1).default(1),
  /** What a 429 asks for. */
  retry_after_ms: z.int().min(0).max(delayMsMax).default(100),
})
export type SimFault = z.output<typeof simFault>

const simStep = z.strictObject({
  thinking: z.string().optional(),
  signature: z.string().optional(),
  /** Without text and tool calls the step says what an unscripted model would. */
  text: z.string().optional(),
  tool_calls: z.array(z.strictObject({ name: z.string().min(1), arguments: z.unknown().default({}) })).default([]),
  /** Milliseconds to the first token. */
  ttft_ms: z.number().min(0).max(delayMsMax).default(0),
  /** 0: everything at once. */
  tokens_per_second: z.number().min(0).default(0),
  fail: simFault.optional(),
})
export type SimStep = z.output<typeof simStep>

/** What the sim model is told to do: one step per model call. */
const simScript = z.strictObject({ steps: z.array(simStep).min(1) })
export type SimScript = z.output<typeof simScript>

export function parseSimScript(text: string): SimScript {
  const parsed = simScript.safeParse(parseScriptJson(text))
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${formatPath(path)}: ${message}`))
  throw new ModelError('invalid_request', `sim script: ${issues.join('; ')}`)
}

function parseScriptJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ModelError('invalid_request', `sim script: not valid JSON: ${String(cause)}`, { cause })
  }
}

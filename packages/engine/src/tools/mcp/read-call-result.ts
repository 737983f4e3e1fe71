import { z } from 'zod'
import type { ToolOutcome } from '../tool.ts'

/** Loose: what is in it is for the model to judge. */
export const callResult = z.looseObject({
  content: z.array(z.unknown()).optional().catch(undefined),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional().catch(undefined),
})
export type CallResult = z.output<typeof callResult>

/**
 * What a call came to: the structured result where there is one, with those parts of the content that are no text; else a
 * lone text itself, else the content as it is.
 */
export function readCallResult({ content = [], structuredContent, isError }: CallResult): ToolOutcome {
  if (isError) return { ok: false, error: describeError(content) }
  const isStructured = structuredContent !== undefined && structuredContent !== null
  const [only, ...others] = content
  if (!isStructured) return { ok: true, result: others.length === 0 && isText(only) ? only.text : content }
  const beside = content.filter((part) => !isText(part))
  return { ok: true, result: beside.length === 0 ? structuredContent : [structuredContent, ...beside] }
}

function describeError(content: readonly unknown[]): string {
  const text = content.filter(isText).map((part) => part.text).join('\n')
  return text === '' ? 'The tool failed without saying why.' : text
}

function isText(part: unknown): part is { text: string } {
  return typeof part === 'object' && part !== null && 'type' in part && part.type === 'text' && 'text' in part && typeof part.text === 'string'
}

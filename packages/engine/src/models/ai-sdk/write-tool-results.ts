import type { JSONValue, LanguageModelV4FilePart, LanguageModelV4ToolResultOutput, LanguageModelV4ToolResultPart } from '@ai-sdk/provider'
import type { PromptToolResult } from '../model-provider.ts'
import type { Written } from './prompt-assembly.ts'
import type { Vendor } from './vendor.ts'
import { toToolName } from './write-agent-message.ts'
import { writeImage } from './write-image.ts'

/** The results of tool calls; their images stand in them, or behind all results where the vendor wants text there. */
export async function writeToolResults(results: readonly PromptToolResult[], toolNames: ReadonlyMap<string, string>, vendor: Vendor): Promise<Written> {
  const content: LanguageModelV4ToolResultPart[] = []
  const afterResults: NonNullable<Written['afterResults']> = []
  for (const result of results) {
    const { tool_call_id } = result
    const images = await Promise.all((result.images ?? []).map((image) => writeImage(image, vendor.images)))
    const output = writeOutput(result, vendor.takesImagesInResults ? images : [])
    content.push({ type: 'tool-result', toolCallId: vendor.toCallId?.(tool_call_id) ?? tool_call_id, toolName: toToolName(toolNames.get(tool_call_id) ?? 'tool'), output })
    if (images.length > 0 && !vendor.takesImagesInResults) afterResults.push({ type: 'text', text: `Images of the result of tool call ${tool_call_id}:` }, ...images)
  }
  return { message: { role: 'tool', content }, afterResults }
}

function writeOutput({ result, error }: PromptToolResult, images: readonly LanguageModelV4FilePart[]): LanguageModelV4ToolResultOutput {
  if (typeof error === 'string') return { type: 'error-text', value: error }
  if (images.length === 0) return typeof result === 'string' ? { type: 'text', value: result } : { type: 'json', value: (result ?? null) as JSONValue } // stored as JSON
  const text = typeof result === 'string' ? result : JSON.stringify(result ?? null)
  return { type: 'content', value: [...(text.trim() === '' ? [] : [{ type: 'text' as const, text }]), ...images] }
}

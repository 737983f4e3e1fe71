import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import type { ModelCall } from '../model-provider.ts'
import type { Vendor } from './vendor.ts'

/** The tools stand before all else in what vendors cache, so the mark on the system prompt is theirs as well. */
export function writeTools({ tools, system }: ModelCall, vendor: Vendor): LanguageModelV4FunctionTool[] | undefined {
  if (tools.length === 0) return undefined
  return tools.map(({ name, description, parameters }, index): LanguageModelV4FunctionTool => {
    const isCacheEnd = vendor.cacheMark !== undefined && !system && index === tools.length - 1
    return {
      type: 'function',
      name,
      description,
      inputSchema: parameters,
      ...(vendor.declaresLooseTools && { strict: false }),
      ...(isCacheEnd && { providerOptions: vendor.cacheMark }),
    }
  })
}

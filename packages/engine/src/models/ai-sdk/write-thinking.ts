import type { LanguageModelV4ReasoningPart, SharedV4ProviderOptions } from '@ai-sdk/provider'
import type { ThinkingBlock } from '../model-provider.ts'
import type { Vendor, VendorMarks } from './vendor.ts'

interface WrittenBlock {
  block: ThinkingBlock
  part: LanguageModelV4ReasoningPart
}

/** Thinking as the vendor gave it. What it would refuse is left out whole, never edited. */
export function writeThinking(blocks: readonly ThinkingBlock[], vendor: Vendor, isEarlier: boolean): WrittenBlock[] {
  const written = blocks.map((block) => ({ block, part: { type: 'reasoning' as const, text: exactTextOf(block), providerOptions: readOptions(block, vendor) } }))
  const { isUsable = isSigned } = vendor
  const all = written.map(({ part }) => part.providerOptions[vendor.namespace] ?? {})
  return written.filter((_, index) => isUsable(all[index]!, all) || (vendor.unsignedThinking === 'kept' && !isEarlier))
}

/** Thinking that was cut off before its signature is not signed. */
function isSigned(own: VendorMarks): boolean {
  return Object.keys(own).length > 0
}

function exactTextOf({ text, text_json }: ThinkingBlock): string {
  return text_json === undefined ? text : (JSON.parse(text_json) as string) // written by us
}

function readOptions({ signature, vendor_json }: ThinkingBlock, { namespace }: Vendor): SharedV4ProviderOptions {
  const given = vendor_json === undefined ? {} : (JSON.parse(vendor_json) as SharedV4ProviderOptions) // written by us
  return signature === null ? given : { ...given, [namespace]: { ...given[namespace], signature } }
}

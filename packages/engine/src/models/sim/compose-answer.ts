import type { PromptMessage, PromptPart, PromptToolResult } from '../model-provider.ts'
import { findSimBlock } from './find-script.ts'
import { cutAt } from './split-text.ts'

const quoteCharactersMax = 2000

/** What the sim model says when no script does: it closes with the tool's result, or echoes the user. */
export function composeAnswer(messages: readonly PromptMessage[]): string {
  const last = messages.at(-1)
  if (last?.role === 'tool_result') return describeResult(last.content.at(-1))
  if (last?.role === 'user' && findSimBlock(last.content) === null) return echo(last.content)
  return 'Done.'
}

function describeResult(part: PromptToolResult | undefined): string {
  if (part === undefined) return 'Done.'
  if (typeof part.error === 'string') return `The tool failed: ${quote(part.error)}`
  return `The tool answered: ${quote(typeof part.result === 'string' ? part.result : JSON.stringify(part.result ?? null))}`
}

function echo(content: readonly PromptPart[]): string {
  const texts: string[] = []
  const mediaTypes: string[] = []
  for (const part of content) {
    if (part.type === 'text') texts.push(part.text)
    else mediaTypes.push(part.media_type)
  }
  const sentences: string[] = []
  if (texts.length > 0) sentences.push(`You said: ${quote(texts.join('\n'))}`)
  if (mediaTypes.length === 1) sentences.push(`I see an image (${mediaTypes[0]}).`)
  if (mediaTypes.length > 1) sentences.push(`I see ${mediaTypes.length} images (${mediaTypes.join(', ')}).`)
  return sentences.join('\n\n')
}

function quote(text: string): string {
  return text.length > quoteCharactersMax ? `${cutAt(text, quoteCharactersMax)}…` : text
}

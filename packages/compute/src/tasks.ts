/** What a thread can do: Piscina loads this file on each of its threads and calls an export by its name. */
import { move, transferableSymbol, valueSymbol } from 'piscina'
import type { Parsed } from '@reprise/contract'
import { checkImage as checkImageBytes } from './check-image/check-image.ts'
import type { CheckedImage } from './checked-image.ts'
import { fitImage as fitImageBytes } from './fit-image/fit-image.ts'
import type { FittedImage, ImageBounds } from './fitted-image.ts'
import type { MessageBody } from './message-body.ts'
import { parseBody } from './parse-body.ts'
import type { ProcessedToolResult, ToolResultSettings } from './process-tool-result.ts'
import { readMessageBody as readBody } from './read-message-body.ts'
import { processValue, readToolAnswer as readAnswer } from './read-tool-answer.ts'
import type { AnswerInPieces } from './read-tool-answer.ts'
import { restoreContent as restore } from './restore-content.ts'
import type { WebPage, WebPageOptions } from './web-page/web-page.ts'

export async function readMessageBody(input: { bytes: Uint8Array; organization_id: string }): Promise<Parsed<MessageBody>> {
  const result = await readBody(input.bytes, input.organization_id)
  if (!result.ok) return result
  const { sent_content, images } = result.value
  return moving(result, [sent_content, ...images.flatMap(({ bytes, thumbnail }) => [bytes, thumbnail])])
}

export async function readJsonBody(input: { bytes: Uint8Array }): Promise<Parsed<unknown>> {
  const body = parseBody(input.bytes)
  return body.ok ? { ok: true, value: body.value.value } : body
}

export async function checkImage(input: { bytes: Uint8Array; declared: readonly string[] }): Promise<Parsed<CheckedImage>> {
  const result = await checkImageBytes(input.bytes, input.declared)
  return result.ok ? moving(result, [result.value.bytes, result.value.thumbnail]) : result
}

/** The base64 goes back as a string: of one byte per character, it is copied and never encoded on the main thread. */
export async function fitImage(input: { bytes: Uint8Array; bounds: ImageBounds }): Promise<Parsed<FittedImage>> {
  return await fitImageBytes(input.bytes, input.bounds)
}

export async function restoreContent(input: { contentJson: string; images: Map<string, Uint8Array> }): Promise<Parsed<Uint8Array>> {
  const result = restore(input.contentJson, input.images)
  return result.ok ? moving(result, [result.value]) : result
}

/** The value is JSON. */
export async function processToolResult(input: { value: unknown; settings: ToolResultSettings }): Promise<Parsed<ProcessedToolResult>> {
  return movingResult({ ok: true, value: await processValue(input.value, input.settings) })
}

export async function readToolAnswer(input: { answer: AnswerInPieces; settings: ToolResultSettings }): Promise<Parsed<ProcessedToolResult>> {
  return movingResult(await readAnswer(input.answer, input.settings))
}

export async function convertWebPage(input: { bytes: Uint8Array; options: WebPageOptions }): Promise<Parsed<WebPage>> {
  // A thread that never sees a page never loads what reads one.
  const { convertWebPage: convert } = await import('./web-page/convert-web-page.ts')
  return { ok: true, value: convert(input.bytes, input.options) }
}

function movingResult(result: Parsed<ProcessedToolResult>): Parsed<ProcessedToolResult> {
  if (!result.ok) return result
  const { whole, images } = result.value
  return moving(result, [whole?.bytes ?? null, ...images.flatMap(({ bytes, thumbnail }) => [bytes, thumbnail])])
}

/** The validator is loaded by the threads that need it. */
export async function checkToolSchema(input: { schemaJson: string; timeoutMs: number }): Promise<Parsed<string | null>> {
  const { checkToolSchema: check } = await import('./tool-schemas/check-tool-schema.ts')
  return { ok: true, value: check(input.schemaJson, input.timeoutMs) }
}

export async function checkToolArguments(input: { schemaJson: string; argumentsJson: string; timeoutMs: number }): Promise<Parsed<string[]>> {
  const { checkToolArguments: check } = await import('./tool-schemas/check-tool-arguments.ts')
  return check(input.schemaJson, input.argumentsJson, input.timeoutMs)
}

export async function readFrontMatter(input: { text: string; timeoutMs: number }): Promise<Parsed<unknown>> {
  const { readFrontMatter: read } = await import('./read-front-matter.ts')
  return read(input.text, input.timeoutMs)
}

/** Sends a result back with its bytes moved instead of copied. */
function moving<T extends object>(result: T, bytes: readonly (Uint8Array | null)[]): T {
  const buffers = new Set(bytes.flatMap((part) => (part ? [part.buffer] : [])))
  // Piscina unwraps the value on its way out. Its types know one buffer, its code takes a list.
  return move({ [transferableSymbol]: [...buffers], [valueSymbol]: result } as never) as T
}

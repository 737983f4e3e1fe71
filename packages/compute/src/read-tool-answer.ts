import type { Parsed } from '@reprise/contract'
import { parseJson } from '@reprise/contract'
import { exceedsJsonValues } from './exceeds-json-values.ts'
import type { ProcessedToolResult, ToolResultSettings } from './process-tool-result.ts'
import { finishToolResult } from './process-tool-result.ts'
import { takeResultImages } from './take-result-images.ts'
import { unwrapAnswer } from './unwrap-answer.ts'

/** What a tool at the other end of a wire answered, as it came. */
export interface EncodedAnswer {
  bytes: Uint8Array
  form: 'json' | 'text'
  /** `{"result": …}` and `{"error": "…"}` stand for what is in them. */
  is_wrapped: boolean
}

/** The same as a thread gets it: its pieces end to end. */
export interface AnswerInPieces extends Omit<EncodedAnswer, 'bytes'> {
  pieces: readonly Uint8Array[]
}

/** What a thread's heap holds many times over, even beside a text of 64 MB. */
const answerValuesMax = 1_000_000

/** Parses an answer and processes its result. JSON of too many values stays the text that it is. */
export async function readToolAnswer({ pieces, form, is_wrapped }: AnswerInPieces, settings: ToolResultSettings): Promise<Parsed<ProcessedToolResult>> {
  // Bytes that are not UTF-8 are repaired, as everything is that a tool answers.
  const decoder = new TextDecoder()
  const text = pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode()
  if (form === 'text' || exceedsJsonValues(text, answerValuesMax)) return { ok: true, value: await processValue(text, settings) }
  const parsed = parseJson(text)
  if (!parsed.ok || parsed.value === undefined) return { ok: false, refusal: { code: 'invalid_json', message: 'it is not valid JSON' } }
  const { value, is_error } = is_wrapped ? unwrapAnswer(parsed.value) : { value: parsed.value, is_error: false }
  // An error is words for the model, and nothing else of it is kept.
  if (is_error) return { ok: true, value: { ...finishToolResult(value, [], { ...settings, whole_at: null }), is_error } }
  return { ok: true, value: await processValue(value, settings) }
}

/** `value` is JSON, and nobody else's: it is changed. */
export async function processValue(value: unknown, settings: ToolResultSettings): Promise<ProcessedToolResult> {
  const root = { value }
  const images = await takeResultImages(root, settings.organization_id)
  return finishToolResult(root.value, images, settings)
}

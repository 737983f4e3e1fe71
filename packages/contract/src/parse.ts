import type { z } from 'zod'
import type { FieldError, ErrorCode } from './errors.ts'
import { idIssueMarker } from './ids.ts'
import { findUnstorable, formatPath } from './storable.ts'

/** Why an input was refused: plain data, so that it can cross from a thread. */
export interface Refusal {
  code: ErrorCode
  message: string
  errors?: FieldError[]
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; refusal: Refusal }

/** Parses JSON text. An empty text is "no body": the documented clients send a JSON content type with it. */
export function parseJson(text: string): Parsed<unknown> {
  if (text.trim() === '') return { ok: true, value: undefined }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false, refusal: { code: 'invalid_json', message: 'The body is not valid JSON' } }
  }
}

/** Checks a parsed value against the policy for stored values, then against its schema. */
export function parseValue<S extends z.ZodType>(schema: S, value: unknown): Parsed<z.output<S>> {
  const unstorable = findUnstorable(value)
  if (unstorable) return { ok: false, refusal: refuse([{ path: formatPath(unstorable.path), message: unstorable.message }]) }
  const result = schema.safeParse(value)
  if (result.success) return { ok: true, value: result.data }
  const { issues } = result.error
  const [first] = issues
  const errors = issues.map((issue) => ({ path: formatPath(issue.path), message: issue.message }))
  const isAboutId = first?.code === 'custom' && first.params?.['marker'] === idIssueMarker
  return { ok: false, refusal: refuse(errors, isAboutId ? 'invalid_id' : 'invalid_request') }
}

function refuse(errors: FieldError[], code: ErrorCode = 'invalid_request'): Refusal {
  const first = errors[0]!
  const message = first.path ? `${first.path}: ${first.message}` : first.message
  return { code, message, errors }
}

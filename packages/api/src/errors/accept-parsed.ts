import { AppError, parseValue, type Parsed } from '@reprise/contract'
import type { z } from 'zod'

/** The value of something parsed, or its refusal as the error to answer with. */
export function acceptParsed<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value
  const { code, message, errors } = parsed.refusal
  throw new AppError(code, { message, ...(errors && { errors }) })
}

/** Checks an input against the policy for stored values and its schema. */
export function checkInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  return acceptParsed(parseValue(schema, value))
}

import { Ajv, type Options, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

export type Draft = '2020-12' | 'draft-07'

/** A pattern that is no unicode one may still be one without: many schemas were written for that. */
const regExp = Object.assign(
  (pattern: string, flags: string): RegExp => {
    try {
      return new RegExp(pattern, flags)
    } catch {
      return new RegExp(pattern)
    }
  },
  { code: 'new RegExp' },
)

const options: Options = {
  // Schemas of others have words of their own.
  strict: false,
  // A model that hears of all its mistakes mends them at once.
  allErrors: true,
  logger: false,
  // Schemas are checked when they are given to us: see `checkToolSchema`.
  validateSchema: false,
  meta: false,
  // A schema's own ids stay its own, and its references do not multiply its code.
  addUsedSchema: false,
  inlineRefs: false,
  code: { regExp },
}

/** The drafts that a schema may be of, likeliest first. One that does not say is often of the older one. */
export function listDrafts({ $schema }: Record<string, unknown>): readonly Draft[] {
  if (typeof $schema === 'string' && /draft-0[4-7]/.test($schema)) return ['draft-07']
  if (typeof $schema === 'string' && /20(19-09|20-12)/.test($schema)) return ['2020-12']
  return ['2020-12', 'draft-07']
}

/**
 * Makes a schema's check; throws what is wrong with the schema. It runs code that was generated from it, and the patterns
 * in it, so it belongs on a thread. Each has a compiler of its own: a compiler keeps something of all that it compiled.
 */
export function compileSchema(schema: Record<string, unknown>, draft: Draft): ValidateFunction {
  if (schema['$async'] !== undefined) throw new Error('$async is not supported')
  const ajv = draft === '2020-12' ? new Ajv2020(options) : new Ajv(options)
  addFormats.default(ajv)
  return ajv.compile(schema)
}

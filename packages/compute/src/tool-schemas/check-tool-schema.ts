import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { compileSchema, listDrafts, type Draft } from './compile-schema.ts'
import { describeFaults } from './describe-faults.ts'
import { describeSchemaError } from './describe-schema-error.ts'
import { withinTime } from './within-time.ts'

const metaOptions = { strict: false, allErrors: true, logger: false } as const
/** Compiled when this file is loaded: that is no schema's fault, and must not count against its time. */
const checksOfDrafts = {
  '2020-12': new Ajv2020(metaOptions).compile({ $ref: 'https://json-schema.org/draft/2020-12/schema' }),
  'draft-07': new Ajv(metaOptions).compile({ $ref: 'http://json-schema.org/draft-07/schema' }),
}

/** Says why a schema cannot be used, or null. */
export function checkToolSchema(schemaJson: string, timeoutMs: number): string | null {
  const schema = JSON.parse(schemaJson) as Record<string, unknown> // written from one
  const reasons: string[] = []
  for (const draft of listDrafts(schema)) {
    const checked = withinTime(() => checkAs(schema, draft), timeoutMs)
    if (!checked.inTime) return 'takes too long to compile'
    if (checked.value === null) return null
    reasons.push(checked.value)
  }
  return reasons[0]!
}

function checkAs(schema: Record<string, unknown>, draft: Draft): string | null {
  const isSchema = checksOfDrafts[draft]
  if (!isSchema(schema)) return `is no valid JSON Schema: ${describeFaults(isSchema.errors ?? [], schema)[0] ?? 'of no known draft'}`
  try {
    compileSchema(schema, draft)
    return null
  } catch (error) {
    return describeSchemaError(error)
  }
}

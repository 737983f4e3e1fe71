import type { ValidateFunction } from 'ajv'
import type { Parsed } from '@reprise/contract'
import { compileSchema, listDrafts } from './compile-schema.ts'
import { describeFaults } from './describe-faults.ts'
import { describeSchemaError } from './describe-schema-error.ts'
import { withinTime } from './within-time.ts'

/** Of one thread. The one that was used longest ago makes room. */
const compiledMax = 200
const compiled = new Map<string, ValidateFunction>()

/** What is wrong with arguments, nothing for none; a refusal when their schema cannot tell. */
export function checkToolArguments(schemaJson: string, argumentsJson: string, timeoutMs: number): Parsed<string[]> {
  const args: unknown = JSON.parse(argumentsJson)
  const checked = withinTime(() => check(schemaJson, args), timeoutMs)
  if (checked.inTime) return checked.value
  compiled.delete(schemaJson)
  return { ok: false, refusal: { code: 'task_failed', message: `the tool’s schema took longer than ${timeoutMs / 1000} seconds` } }
}

function check(schemaJson: string, args: unknown): Parsed<string[]> {
  try {
    const isValid = findCompiled(schemaJson)
    return { ok: true, value: isValid(args) ? [] : describeFaults(isValid.errors ?? [], args) }
  } catch (error) {
    return { ok: false, refusal: { code: 'invalid_request', message: `the tool’s schema ${describeSchemaError(error)}` } }
  }
}

function findCompiled(schemaJson: string): ValidateFunction {
  const known = compiled.get(schemaJson)
  compiled.delete(schemaJson)
  const validate = known ?? compile(JSON.parse(schemaJson) as Record<string, unknown>) // written from one
  compiled.set(schemaJson, validate)
  if (compiled.size > compiledMax) for (const [oldest] of compiled) if (compiled.size > compiledMax) compiled.delete(oldest)
  return validate
}

function compile(schema: Record<string, unknown>): ValidateFunction {
  const [first, second] = listDrafts(schema)
  try {
    return compileSchema(schema, first!)
  } catch (error) {
    if (!second) throw error
    return compileSchema(schema, second)
  }
}

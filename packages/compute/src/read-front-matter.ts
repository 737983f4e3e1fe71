import type { Parsed } from '@reprise/contract'
import { parseDocument } from 'yaml'
import { withinTime } from './tool-schemas/within-time.ts'

/** The value of YAML that somebody sent. A refusal's message goes on from a subject: "is not YAML". */
export function readFrontMatter(text: string, timeoutMs: number): Parsed<unknown> {
  try {
    const read = withinTime(() => readValue(text), timeoutMs)
    return read.inTime ? read.value : refuse('takes too long to read')
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    // Not one alias is allowed: a few lines of them stand for gigabytes.
    if (name === 'ReferenceError') return refuse('must not have aliases')
    if (name === 'RangeError') return refuse('is nested too deep')
    throw error
  }
}

function readValue(text: string): Parsed<unknown> {
  const document = parseDocument(text, { schema: 'core', version: '1.2', merge: false, prettyErrors: false, stringKeys: true, logLevel: 'error' })
  const [fault] = document.errors
  if (fault) return refuse(/call stack/.test(fault.message) ? 'is nested too deep' : `is not YAML: ${fault.message.slice(0, 200)}`)
  return { ok: true, value: document.toJS({ maxAliasCount: 0 }) }
}

function refuse(message: string): Parsed<never> {
  return { ok: false, refusal: { code: 'invalid_request', message } }
}

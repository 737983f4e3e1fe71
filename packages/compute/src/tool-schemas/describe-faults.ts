import type { ErrorObject } from 'ajv'
import { formatPath } from '@reprise/contract'

const faultsMax = 6
const charactersMax = 300
const choicesMax = 20

/** Says in plain words what is wrong with a value, the first few things of it: `filters[0].value must be a number`. */
export function describeFaults(errors: readonly ErrorObject[], value: unknown): string[] {
  const faults = new Set<string>()
  for (const error of errors) {
    faults.add(describeFault(error, value))
    if (faults.size === faultsMax) break
  }
  return [...faults]
}

function describeFault({ keyword, instancePath, params, message }: ErrorObject, value: unknown): string {
  const path = readPointer(instancePath, value)
  const at = (...below: string[]) => cut(formatPath([...path, ...below]), 200) || 'the arguments'
  switch (keyword) {
    case 'required':
      return `${at(String(params['missingProperty']))} is required`
    case 'additionalProperties':
      return `${at(String(params['additionalProperty']))} is not a known property`
    case 'unevaluatedProperties':
      return `${at(String(params['unevaluatedProperty']))} is not a known property`
    case 'type':
      return `${at()} must be ${[params['type']].flat().map(String).map(withArticle).join(' or ')}`
    case 'enum':
      return cut(`${at()} must be one of ${listChoices(params['allowedValues'])}`)
    case 'const':
      return cut(`${at()} must be ${JSON.stringify(params['allowedValue'])}`)
    default:
      return cut(`${at()} ${(message ?? 'is not as its schema says').replace('must NOT', 'must not')}`)
  }
}

/** A JSON Pointer's keys, with numbers for the places in arrays. */
function readPointer(pointer: string, value: unknown): (string | number)[] {
  let current = value
  return pointer.split('/').slice(1).map((segment) => {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    const isPlace = Array.isArray(current)
    current = (current as Record<string, unknown> | null)?.[key] // the pointer was made from this value
    return isPlace ? Number(key) : key
  })
}

function withArticle(type: string): string {
  if (type === 'null') return type
  return `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`
}

function listChoices(allowed: unknown): string {
  const choices = Array.isArray(allowed) ? allowed : []
  return choices.slice(0, choicesMax).map((choice) => JSON.stringify(choice)).join(', ') + (choices.length > choicesMax ? ' …' : '')
}

function cut(text: string, max = charactersMax): string {
  return text.length > max ? `${text.slice(0, max)}…`.toWellFormed() : text
}

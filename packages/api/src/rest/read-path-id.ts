import { describeIdProblem, ids } from '@reprise/contract'
import type { FastifyRequest } from 'fastify'
import { fieldError } from '../errors/to-app-error.ts'

const parameters = { session_id: 'session', model_id: 'model', provider_id: 'provider', image_id: 'image', key_id: 'key', workflow_id: 'turn', dead_letter_id: 'turn', worker_id: 'worker', webhook_id: 'webhook', delivery_id: 'delivery', schedule_id: 'schedule', event_id: 'event' } as const

/** An id of the path, in its canonical spelling. Judged by its form before anything else is done for the request. */
export function readPathId({ params }: FastifyRequest, name: keyof typeof parameters): string {
  const value = (params as Record<string, string>)[name] ?? '' // as fastify parses every path
  const kind = parameters[name]
  const problem = describeIdProblem(kind, value)
  if (problem) throw fieldError('invalid_id', name, problem)
  return ids[kind].parse(value)
}

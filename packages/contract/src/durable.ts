import { z } from 'zod'
import { ids } from './ids.ts'
import { turnStatus } from './turn.ts'

export const cancelScopes = ['all', 'running'] as const

/** `cancelled` is durable with the answer; what still runs ends within a second. `no_op`: nothing was left to end. */
export const cancelResponse = z.object({ status: z.enum(['cancelled', 'no_op']), message: z.string() }).meta({ id: 'CancelResponse' })
export type CancelResponse = z.output<typeof cancelResponse>

/** Why a turn failed, in words for whoever runs the agent. What broke inside the server is for its log only. */
const error = z.string().nullable().describe('Null where the server itself broke: its log says more')

/** A turn as its operators see it. */
export const workflow = z
  .object({
    id: ids.turn,
    session_id: ids.session,
    status: turnStatus,
    input_message_id: ids.message,
    input_sequence: z.int().describe('Of the message that started it: no event of it comes before'),
    model_id: ids.model,
    worker_id: ids.worker.nullable().describe('The worker that runs it'),
    attempt: z.int().describe('Of its current step, from 1'),
    recoveries: z.int().describe('How often a worker died while it ran, since it last came further'),
    retry_of: ids.turn.nullable().describe('The failed turn whose message this one answers again'),
    retry_at: z.iso.datetime().nullable().describe('No attempt is made before'),
    wake_at: z.iso.datetime().nullable().describe('How long it waits for its caller'),
    error_code: z.string().nullable(),
    error,
    created_at: z.iso.datetime(),
    ended_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Workflow', description: 'A turn, as its operators see it' })
export type Workflow = z.output<typeof workflow>

/** A turn that failed for good. */
export const deadLetter = z
  .object({
    id: ids.turn,
    session_id: ids.session,
    input_message_id: ids.message,
    model_id: ids.model,
    error_code: z.string(),
    error,
    attempts: z.int().describe('Of the step that failed'),
    recoveries: z.int(),
    retried_as: ids.turn.nullable().describe('The turn that answers its message again'),
    created_at: z.iso.datetime(),
    failed_at: z.iso.datetime(),
  })
  .meta({ id: 'DeadLetter', description: 'A turn that failed for good' })
export type DeadLetter = z.output<typeof deadLetter>

/** `late`: heartbeats are missing. `gone`: so many that its turns are anybody's. */
export const workerStatuses = ['live', 'late', 'gone'] as const

/** A process that runs turns. */
export const worker = z
  .object({
    id: ids.worker,
    hostname: z.string(),
    pid: z.int(),
    status: z.enum(workerStatuses).describe('`late`: heartbeats are missing; `gone`: so many that others take its turns'),
    draining: z.boolean().describe('Takes no more turns'),
    slots: z.int().describe('How many turns it runs at once'),
    turns_running: z.int(),
    started_at: z.iso.datetime(),
    heartbeat_at: z.iso.datetime(),
    breakers: z
      .array(z.object({ provider_id: ids.provider, provider_name: z.string().nullable(), state: z.enum(['open', 'half_open']), since: z.iso.datetime() }))
      .describe('Providers that it leaves alone, for they failed too often. `half_open`: the next call shows whether one is back'),
  })
  .meta({ id: 'Worker', description: 'A process that runs turns' })
export type Worker = z.output<typeof worker>

/** The whole server in numbers, over all organizations. */
export const durableHealth = z
  .object({
    turns_ready: z.int().describe('Could run, and no worker has taken them yet'),
    turns_running: z.int(),
    turns_waiting: z.int().describe('Come after another turn of their session'),
    turns_parked: z.int().describe('Wait for their caller'),
    turns_failed_last_hour: z.int(),
    oldest_ready_age_ms: z.int().nullable().describe('Since the message came of the ready turn that is the oldest'),
    workers_live: z.int().describe('Those that are late included'),
    workers_draining: z.int().describe('Of those that live'),
    slots: z.int().describe('Of the workers that live and take turns'),
  })
  .meta({ id: 'DurableHealth' })
export type DurableHealth = z.output<typeof durableHealth>

const milliseconds = z.int().min(0)

/** The turns that ended within one step of time. */
export const throughputStep = z
  .object({
    at: z.iso.datetime().describe('When the step began'),
    completed: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    duration_ms: z.object({ p50: milliseconds, p95: milliseconds, p99: milliseconds }).nullable().describe('From a turn’s message to its end. Null: no turn ended'),
  })
  .meta({ id: 'ThroughputStep' })
export type ThroughputStep = z.output<typeof throughputStep>

export const throughput = z
  .object({
    step_ms: z.int().describe('How long a step is'),
    data: z.array(throughputStep).describe('Oldest first, those without turns included. The last is not over yet'),
    is_complete: z.boolean().describe('False when more turns ended than are counted: then the latest 100,000'),
  })
  .meta({ id: 'Throughput', description: 'How many turns ended lately, and how long they took' })
export type Throughput = z.output<typeof throughput>

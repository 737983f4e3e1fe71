import { z } from 'zod'
import { ids } from './ids.ts'
import { limits } from './limits.ts'

const { turnsRunningLimitMax, streamsOpenLimitMax, deltasKeptHoursMin, deltasKeptHoursMax, eventsKeptDaysMax, idempotencyKeysKeptHoursMin, idempotencyKeysKeptHoursMax } = limits

const settings = {
  name: z.string().min(1, 'must not be empty').max(128),
  turns_running_max: z.int().min(1).max(turnsRunningLimitMax).nullable().describe('Turns that run at once; more of them wait. Null: no limit'),
  streams_open_max: z.int().min(1).max(streamsOpenLimitMax).nullable().describe('Event streams that are open at once. Null: no limit'),
  deltas_kept_hours: z.int().min(deltasKeptHoursMin).max(deltasKeptHoursMax).nullable().describe('How long the pieces of a message are kept once it is whole. Null: for ever'),
  events_kept_days: z.int().min(1).max(eventsKeptDaysMax).nullable().describe('How long events are kept. Null: for ever'),
  idempotency_keys_kept_hours: z.int().min(idempotencyKeysKeptHoursMin).max(idempotencyKeysKeptHoursMax).describe('For how long the same request is known again by its key'),
}

/** The body of `PATCH /v1/organization`. */
export const updateOrganizationRequest = z
  .object({ ...settings, default_model_id: ids.model.describe('A model that is enabled') })
  .partial()
  .meta({ id: 'UpdateOrganizationRequest', description: 'What is absent stays as it is' })
export type UpdateOrganizationRequest = z.output<typeof updateOrganizationRequest>

export const organization = z
  .object({
    id: ids.organization,
    ...settings,
    default_model_id: ids.model.nullable().describe('Answers where neither message, session nor agent names a model'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Organization', description: 'Whoever owns sessions, agents and keys, with its limits and what it keeps' })
export type Organization = z.output<typeof organization>

import { z } from 'zod'
import { imageFilePart, imagePartInput, textPart } from './content.ts'
import { ids } from './ids.ts'
import { limits } from './limits.ts'
import { createMessageRequest } from './message.ts'
import { moment } from './moment.ts'

const posted = createMessageRequest.shape

/** A schedule keeps what it posts as JSON: bytes of images are uploaded once, and named here. */
const scheduledPart = z
  .discriminatedUnion(
    'type',
    [
      textPart,
      imagePartInput.refine(({ base64, url }) => base64 === undefined && !url?.startsWith('data:'), 'holds the bytes of an image: upload it, and name it in a part of the type image_file'),
      imageFilePart,
    ],
    { error: (issue) => (issue.code === 'invalid_union' ? 'type must be one of text, image, image_file' : undefined) },
  )
  .meta({ id: 'ScheduledContentPart' })

const message = posted.message
  .extend({ content: z.array(scheduledPart).min(1, 'must have at least one part').max(limits.contentPartsMax, `must have at most ${limits.contentPartsMax} parts`) })
  .describe('As in a message that is posted. Images by url, or uploaded and named by image_id')

const settings = {
  name: z.string().max(200).nullish().describe('For people to tell schedules apart'),
  controls: posted.controls,
  metadata: posted.metadata,
  tags: posted.tags,
  cron: z.string().max(limits.cronCharactersMax).nullish().describe('Minute, hour, day of the month, month, day of the week: `0 9 * * 1-5`'),
  timezone: z.string().max(64).nullish().describe('IANA name of the zone that `cron` is meant in. Default UTC'),
  at: moment('2030-01-31T09:00:00Z').nullish().describe('When it fires, once'),
}

const oneTime = { path: ['at'], message: 'needs exactly one of cron and at' }

const isGiven = (value: string | null | undefined) => value !== null && value !== undefined

export const createScheduleRequest = z
  .object({ session_id: ids.session.describe('Where the message is posted'), message, ...settings, enabled: z.boolean().default(true).describe('Off, it does not fire') })
  .refine(({ cron, at }) => isGiven(cron) !== isGiven(at), oneTime)
  .meta({
    id: 'CreateScheduleRequest',
    example: { session_id: 'sess_01933b5a000070008000000000000001', message: { content: [{ type: 'text', text: 'What is new?' }] }, cron: '0 9 * * 1-5', timezone: 'Europe/Berlin' },
  })
export type CreateScheduleRequest = z.output<typeof createScheduleRequest>

/** What is left out stays. `cron` takes the place of `at`, and the other way round. */
export const updateScheduleRequest = z
  .object({ message: message.optional(), ...settings, enabled: z.boolean().optional() })
  .refine(({ cron, at }) => !isGiven(cron) || !isGiven(at), oneTime)
  .meta({ id: 'UpdateScheduleRequest' })
export type UpdateScheduleRequest = z.output<typeof updateScheduleRequest>

export const schedule = z
  .object({
    id: ids.schedule,
    organization_id: ids.organization,
    session_id: ids.session,
    name: z.string().nullable(),
    message: z.unknown().describe('What it posts'),
    controls: z.unknown().nullable(),
    metadata: z.unknown().nullable(),
    tags: z.array(z.string()).nullable(),
    cron: z.string().nullable(),
    timezone: z.string(),
    at: z.iso.datetime().nullable(),
    enabled: z.boolean(),
    next_fire_at: z.iso.datetime().nullable().describe('Null: it does not fire any more, or is not enabled'),
    last_fired_at: z.iso.datetime().nullable().describe('The time for which it fired last, however late that was'),
    last_message_id: ids.message.nullable(),
    last_error: z.object({ code: z.string(), message: z.string() }).nullable().describe('Why its last fire posted no message'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Schedule' })
export type Schedule = z.output<typeof schedule>

import { ids, limits, moment } from '@reprise/contract'
import { z } from 'zod'
import { eventFilter } from './event-filter.ts'
import { searchText } from './search-text.ts'

const sequence = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const time = moment('2026-01-31T12:00:00Z')

export const listEventsShape = {
  ...eventFilter.shape,
  since_id: ids.event.optional().describe('Only events after this one'),
  after_sequence: sequence.optional().describe('Only events with a higher sequence'),
  before_sequence: sequence.optional().describe('Only events with a lower sequence'),
  around: ids.event.optional().describe('This event and those on either side of it; excludes since_id, after_sequence and before_sequence'),
  window: z
    .int()
    .min(0)
    .max(limits.eventWindowMax)
    .optional()
    .describe('With `around`: at most so many on each side. Without it as many as `limit` leaves room for'),
  from_ts: time.optional().describe('Only events of this moment and later'),
  to_ts: time.optional().describe('Only events of this moment and earlier'),
  turn_id: ids.turn.optional().describe('Only events of this turn'),
  exec_id: ids.exec.optional().describe('Only events of this execution: this server has none'),
  trace_id: z.string().min(1, 'must not be empty').max(128).optional().describe('Only events of this trace: this server has none'),
  tags: z
    .array(z.string().min(1, 'must not be empty').max(limits.tagCharactersMax))
    .max(limits.tagsMax)
    .optional()
    .describe('Only events that bring a message with all of these tags'),
  tool_name: z.string().min(1, 'must not be empty').max(256).optional().describe('Only events about this tool'),
  q: searchText.optional().describe('Only events in whose data this text is found, ASCII letters in either case'),
  order_desc: z.boolean().default(false).describe('The same events, newest first'),
  limit: z
    .int()
    .min(1)
    .max(limits.pageSizeMax)
    .default(limits.pageSizeDefault)
    .describe('At most this many; without a forward cursor the last ones, either way oldest first'),
}

/** All filters hold at once. */
export const listEventsInput = z
  .object({ session_id: ids.session, ...listEventsShape })
  .superRefine(({ around, window, since_id, after_sequence, before_sequence, from_ts, to_ts }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (around !== undefined && since_id !== undefined) refuse('around', 'cannot be given together with since_id')
    if (around !== undefined && after_sequence !== undefined) refuse('around', 'cannot be given together with after_sequence')
    if (around !== undefined && before_sequence !== undefined) refuse('around', 'cannot be given together with before_sequence')
    if (window !== undefined && around === undefined) refuse('window', 'needs around')
    if (from_ts !== undefined && to_ts !== undefined && Date.parse(from_ts) > Date.parse(to_ts)) refuse('from_ts', 'must not be later than to_ts')
  })
export type ListEventsInput = z.output<typeof listEventsInput>

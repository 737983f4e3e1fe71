import { ids } from '@reprise/contract'
import { z } from 'zod'
import { waitOptions } from '../operations/wait-for-answer.ts'

/** What REST says in path, query and headers stands in tRPC's input beside the message. */
export const messageAddress = waitOptions.extend({
  session_id: ids.session,
  idempotency_key: z.string().nullish(),
})
export type MessageAddress = z.output<typeof messageAddress>

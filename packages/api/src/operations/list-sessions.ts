import { ids, limits, sessionStatuses, tags, type Session } from '@reprise/contract'
import { countSessions, listSessions as readSessions } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { pageInput, type Page } from './page.ts'

export const listSessionsInput = pageInput.extend({
  agent_id: ids.agent.optional().describe('Only sessions of this agent'),
  search: z.string().max(limits.searchCharactersMax).optional().describe('Only sessions with this in their title, a tag or their agent’s name, in upper or lower case'),
  status: z.enum(sessionStatuses).optional(),
  tags: tags.optional().describe('Only sessions that have all of these tags'),
  pinned: z.boolean().optional().describe('Only sessions that are pinned, or only those that are not'),
})

/** The organization's sessions, the newest first. A page ends early, but never empty, where its sessions are megabytes long. */
export async function listSessions({ db }: Services, caller: Caller, input: z.output<typeof listSessionsInput>): Promise<Page<Session>> {
  const { offset, limit, pinned, ...filter } = input
  const wanted = { ...filter, is_pinned: pinned, organization_id: caller.organization_id }
  const [data, total] = await Promise.all([readSessions(db, wanted, { offset, limit }), countSessions(db, wanted)])
  return { data, total, offset, limit }
}

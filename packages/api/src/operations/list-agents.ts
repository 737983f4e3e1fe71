import { limits, type Agent } from '@reprise/contract'
import { countAgents, listAgents as readAgents } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { pageInput, type Page } from './page.ts'

export const listAgentsInput = pageInput.extend({
  search: z.string().max(limits.searchCharactersMax).optional().describe('A part of a name, of the description or of a tag, in upper or lower case'),
  include_archived: z.boolean().default(false),
})

/** The organization's agents, the newest first. */
export async function listAgents({ db }: Services, caller: Caller, { search, include_archived, offset, limit }: z.output<typeof listAgentsInput>): Promise<Page<Agent>> {
  const filter = { organization_id: caller.organization_id, search, include_archived }
  const [data, total] = await Promise.all([readAgents(db, filter, { offset, limit }), countAgents(db, filter)])
  return { data, total, offset, limit }
}

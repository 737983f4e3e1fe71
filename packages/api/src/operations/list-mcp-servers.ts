import { limits, type McpServerRef } from '@reprise/contract'
import { z } from 'zod'
import type { Services } from '../services.ts'
import { pageInput, type Page } from './page.ts'

export const listMcpServersInput = pageInput.extend({ search: z.string().max(limits.searchCharactersMax).optional().describe('Of the ref or the description') })

/** The operator's MCP servers, the same for every caller. */
export async function listMcpServers({ engine }: Services, { search, offset, limit }: z.output<typeof listMcpServersInput>): Promise<Page<McpServerRef>> {
  const wanted = search?.toLowerCase() ?? ''
  const found = engine.mcpServers.filter(({ ref, description }) => [ref, description ?? ''].some((text) => text.toLowerCase().includes(wanted)))
  return { data: found.slice(offset, offset + limit), total: found.length, offset, limit }
}

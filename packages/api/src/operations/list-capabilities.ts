import { limits, type Capability } from '@reprise/contract'
import { findTools, type Capability as InstalledCapability } from '@reprise/engine'
import { z } from 'zod'
import type { Services } from '../services.ts'
import { pageInput, type Page } from './page.ts'

export const listCapabilitiesInput = pageInput.extend({ search: z.string().max(limits.searchCharactersMax).optional().describe('Of the id, the description or a tool’s name') })

/** What agents and sessions can be given, the same for every caller. */
export async function listCapabilities({ engine }: Services, { search, offset, limit }: z.output<typeof listCapabilitiesInput>): Promise<Page<Capability>> {
  const found = engine.capabilities.map(showCapability).filter((capability) => search === undefined || mentions(capability, search))
  return { data: found.slice(offset, offset + limit), total: found.length, offset, limit }
}

export function showCapability(capability: InstalledCapability): Capability {
  const { ref, description, config } = capability
  const { tools } = findTools([ref], [capability])
  return {
    id: ref,
    name: ref,
    description,
    status: 'available',
    tools: tools.map((tool) => ({ name: tool.name, description: tool.description, parameters: tool.parameters, effects: tool.effects })),
    config_schema: config ? z.toJSONSchema(config, { io: 'input' }) : null,
  }
}

function mentions({ id, description, tools }: Capability, search: string): boolean {
  const wanted = search.toLowerCase()
  return [id, description, ...tools.map((tool) => tool.name)].some((text) => text.toLowerCase().includes(wanted))
}

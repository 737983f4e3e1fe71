import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { writeAgentDocument } from './agent-document.ts'
import { getAgent, type getAgentInput } from './get-agent.ts'

export interface ExportedAgent {
  name: string
  /** Markdown with YAML front matter, for `importAgent`. */
  document: string
}

/** All that makes an agent, but for what is its organization's secret and what is told of it alone: its id, its status and its times. */
export async function exportAgent(services: Services, caller: Caller, input: z.output<typeof getAgentInput>): Promise<ExportedAgent> {
  const agent = await getAgent(services, caller, input)
  return { name: agent.name, document: writeAgentDocument(agent) }
}

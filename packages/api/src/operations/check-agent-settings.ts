import { AppError, parseValue, type Agent, type CapabilityRef, type McpServers, type ToolDefinition } from '@reprise/contract'
import { findTools, type Capability } from '@reprise/engine'
import { readModel, seeded } from '@reprise/store'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { checkMcpServers } from './check-mcp-servers.ts'
import { checkToolNames, checkToolSchemas } from './check-tools.ts'

/** The one built-in harness. */
const harnessName = 'generic'

/** What agents and sessions have in common, and both may get wrong in the same ways. */
interface AgentSettings {
  capabilities?: CapabilityRef[] | null | undefined
  tools?: ToolDefinition[] | null | undefined
  mcpServers?: McpServers | null | undefined
  harness_id?: string | null | undefined
  harness_name?: string | null | undefined
}

/** Refuses now what would otherwise fail every turn later. A session takes what it leaves out from its agent. */
export async function checkAgentSettings(services: Services, settings: AgentSettings, agent: Pick<Agent, 'capabilities' | 'tools'> | null = null): Promise<void> {
  const known = services.engine.capabilities
  const { harness_id, harness_name } = settings
  const [capabilities, tools] = [settings.capabilities ?? [], settings.tools ?? []]
  checkCapabilities(known, capabilities)
  checkMcpServers(services, settings.mcpServers ?? {})
  const inherited = { capabilities: capabilities.length > 0 ? [] : (agent?.capabilities ?? []), tools: tools.length > 0 ? [] : (agent?.tools ?? []) }
  checkToolNames(known, { capabilities, tools }, inherited)
  if (harness_id && harness_id !== seeded.harness_id) throw fieldError('unknown_harness', 'harness_id', `there is no harness ${harness_id}`)
  if (harness_name && harness_name !== harnessName) throw fieldError('unknown_harness', 'harness_name', `the only harness is ${harnessName}`)
  await checkToolSchemas(services, tools)
}

/** A model that is not there, is another organization's or is disabled can answer nothing: to the caller they are one. */
export async function checkModel({ db }: Services, caller: Caller, path: string, modelId: string | null | undefined): Promise<void> {
  if (!modelId) return
  const model = await readModel(db, caller.organization_id, modelId)
  if (!model?.enabled) throw unknownModel(path, modelId)
}

export function unknownModel(path: string, modelId: string): AppError {
  return fieldError('unknown_model', path, `there is no enabled model ${modelId}`)
}

function checkCapabilities(known: readonly Capability[], capabilities: readonly CapabilityRef[]): void {
  const [unknown] = findTools(capabilities.map(({ ref }) => ref), known).unknown_refs
  if (unknown !== undefined) {
    const index = capabilities.findIndex(({ ref }) => ref === unknown)
    throw fieldError('unknown_capability', `capabilities[${index}].ref`, `there is no capability ${JSON.stringify(unknown)}`)
  }
  capabilities.forEach(({ ref, config = {} }, index) => checkConfig(known.find((capability) => capability.ref === ref)!, config, `capabilities[${index}].config`))
}

/** Every capability may require approval. A config that would do nothing is a mistake; one that is left out must be one that can be. */
function checkConfig({ ref, config: schema }: Capability, { requires_approval, ...config }: Record<string, unknown>, path: string): void {
  if (requires_approval !== undefined && typeof requires_approval !== 'boolean') throw fieldError('invalid_request', `${path}.requires_approval`, 'must be true or false')
  if (!schema) {
    if (Object.keys(config).length > 0) throw fieldError('invalid_request', path, `${ref} takes no config but requires_approval`)
    return
  }
  const parsed = parseValue(schema, config)
  if (parsed.ok) return
  const errors = (parsed.refusal.errors ?? []).map((error) => ({ path: error.path === '' ? path : `${path}.${error.path}`, message: error.message }))
  throw new AppError('invalid_request', { message: `${path}: ${parsed.refusal.message}`, errors })
}

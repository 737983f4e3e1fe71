import { AppError, parseValue, type CapabilityRef, type McpServers, type ToolDefinition } from '@reprise/contract'
import { findTools, type Capability } from '@reprise/engine'
import { readModel, seeded } from '@reprise/store'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { checkMcpServers } from './check-mcp-servers.ts'

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

/** Refuses now what would otherwise fail every turn later. */
export function checkAgentSettings(services: Services, settings: AgentSettings): void {
  const { capabilities, tools, harness_id, harness_name } = settings
  checkCapabilities(services.engine.capabilities, capabilities ?? [])
  checkToolNames(tools ?? [])
  checkMcpServers(services, settings.mcpServers ?? {})
  if (harness_id && harness_id !== seeded.harness_id) throw fieldError('unknown_harness', 'harness_id', `there is no harness ${harness_id}`)
  if (harness_name && harness_name !== harnessName) throw fieldError('unknown_harness', 'harness_name', `the only harness is ${harnessName}`)
}

function checkToolNames(tools: readonly ToolDefinition[]): void {
  tools.forEach(({ name }, index) => {
    const first = tools.findIndex((other) => other.name === name)
    if (first !== index) throw fieldError('invalid_request', `tools[${index}].name`, `tools[${first}] has the name ${JSON.stringify(name)} already`)
  })
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

/** A config that would do nothing is a mistake; one that is left out must be one that can be. */
function checkConfig({ ref, config: schema }: Capability, config: object, path: string): void {
  if (!schema) {
    if (Object.keys(config).length > 0) throw fieldError('invalid_request', path, `${ref} takes no config`)
    return
  }
  const parsed = parseValue(schema, config)
  if (parsed.ok) return
  const errors = (parsed.refusal.errors ?? []).map((error) => ({ path: error.path === '' ? path : `${path}.${error.path}`, message: error.message }))
  throw new AppError('invalid_request', { message: `${path}: ${parsed.refusal.message}`, errors })
}

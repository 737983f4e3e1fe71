import type { AppError, CapabilityRef, ToolDefinition, WhenBusy } from '@reprise/contract'
import { findTools } from '@reprise/engine'
import { readModel, seeded } from '@reprise/store'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'

/** The one built-in harness. */
const harnessName = 'generic'

/** What agents and sessions have in common, and both may get wrong in the same ways. */
interface AgentSettings {
  capabilities?: CapabilityRef[] | null | undefined
  tools?: ToolDefinition[] | null | undefined
  when_busy?: WhenBusy | null | undefined
  harness_id?: string | null | undefined
  harness_name?: string | null | undefined
}

/** Refuses now what would otherwise fail every turn later. */
export function checkAgentSettings(settings: AgentSettings): void {
  const { capabilities, tools, when_busy, harness_id, harness_name } = settings
  checkWhenBusy('when_busy', when_busy)
  checkCapabilities(capabilities ?? [])
  if (tools?.[0]) {
    throw fieldError('tools_unsupported', 'tools[0].type', `${tools[0].type} tools are not supported yet: name server-side ones in capabilities`)
  }
  if (harness_id && harness_id !== seeded.harness_id) throw fieldError('unknown_harness', 'harness_id', `there is no harness ${harness_id}`)
  if (harness_name && harness_name !== harnessName) throw fieldError('unknown_harness', 'harness_name', `the only harness is ${harnessName}`)
}

/** The policies that join or end a running turn are not there yet. */
export function checkWhenBusy(path: string, whenBusy: WhenBusy | null | undefined): void {
  if (whenBusy && whenBusy !== 'enqueue' && whenBusy !== 'reject') {
    throw fieldError('when_busy_unsupported', path, `${whenBusy} is not supported yet: use enqueue or reject`)
  }
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

function checkCapabilities(capabilities: readonly CapabilityRef[]): void {
  const [unknown] = findTools(capabilities.map(({ ref }) => ref)).unknown_refs
  if (unknown === undefined) return
  const index = capabilities.findIndex(({ ref }) => ref === unknown)
  throw fieldError('unknown_capability', `capabilities[${index}].ref`, `there is no capability ${JSON.stringify(unknown)}`)
}

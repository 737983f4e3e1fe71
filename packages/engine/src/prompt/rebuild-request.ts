import type { ModelRequest, PromptRecord } from '@reprise/contract'
import { readProviderConnection, readTurn, readTurnMessages, type Database } from '@reprise/store'
import { createModelProvider } from '../models/create-model-provider.ts'
import type { ModelCall } from '../models/model-provider.ts'
import type { Toolbox } from '../tools/toolbox.ts'
import { readMessageOfTurn, type Turn } from '../turn/turn.ts'
import { buildPrompt } from './build-prompt.ts'
import { readEarlierTurns } from './earlier-turns.ts'
import { createPromptMemory } from './prompt-memory.ts'
import { digestCall } from './record-prompt.ts'
import type { ImageServices } from './turn-images.ts'

export interface RebuildServices extends ImageServices {
  db: Database
  toolbox: Toolbox
}

export interface RebuildRequest {
  organization_id: string
  turn_id: string
  /** As the call's `llm.generation` event has it; null for one of before it was recorded. */
  prompt: PromptRecord | null
  /** The message that it gave; null when it failed. */
  answer_id: string | null
  signal: AbortSignal
}

/**
 * The request of a model call, rebuilt from the journal: prompts are kept by reference, for a copy of each would make a
 * session quadratic. The digest that was recorded with the call says whether it is the very same. Null when the turn is
 * not there.
 */
export async function rebuildRequest(services: RebuildServices, { organization_id, turn_id, prompt, answer_id, signal }: RebuildRequest): Promise<ModelRequest | null> {
  const stored = await readTurn(services.db, organization_id, turn_id)
  if (!stored) return null
  const own = (await readTurnMessages(services.db, organization_id, stored.session_id, turn_id)).filter(({ place }) => place !== null).flatMap((message) => readMessageOfTurn(message) ?? [])
  const answerAt = own.findIndex((message) => message.role === 'agent' && message.id === answer_id)
  const messages = own.slice(0, prompt?.own_messages ?? (answerAt === -1 ? own.length : answerAt))
  const turn: Turn = { ...stored, epoch: 0, checkpoint_number: 0, created_ms: Date.parse(stored.created_at), messages }
  const tools = await services.toolbox.choose(turn, signal)
  const plan = { earlier: await readEarlierTurns(services.db, turn), cut: { turns: prompt?.cut_turns ?? 0, results: prompt?.cut_results ?? 0 } }
  const call: ModelCall = {
    model: turn.model.model,
    system: turn.definition.system_prompt,
    ...(await buildPrompt(turn, plan, createPromptMemory(services, turn, signal))),
    tools: tools.specs,
    reasoning_effort: turn.reasoning_effort,
    parallel_tool_calls: turn.definition.parallel_tool_calls,
    attempt: 1,
  }
  const is_exact = prompt !== null && digestCall(call) === prompt.sha256
  const { model, system, earlier_turns, tools: specs, reasoning_effort, parallel_tool_calls } = call
  return {
    turn_id,
    is_exact,
    difference: is_exact ? null : describeDifference(prompt),
    request: { model, system, messages: [...earlier_turns.flat(), ...call.messages].map(showMessage), tools: specs.map(({ name, description, parameters }) => ({ name, description, parameters })), reasoning_effort, parallel_tool_calls },
    http: await captureHttp(services.db, turn, call, signal),
  }
}

function describeDifference(prompt: PromptRecord | null): string {
  if (prompt === null) return 'The call is of a version that recorded no digest: this is what would be sent today.'
  return 'Something that the call was made of has changed since: a model, the tools of an MCP server, an image behind a url, or a turn that was taken out of prompts.'
}

/** As it stands in the digest: without what loads an image's bytes. */
function showMessage(message: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(message)) as Record<string, unknown> // a message is an object
}

class Captured extends Error {}

/** What the provider's own client would send: it is given a way out that leads nowhere. Null where nothing would be sent. */
async function captureHttp(db: Database, { organization_id, model }: Turn, call: ModelCall, signal: AbortSignal): Promise<ModelRequest['http']> {
  const row = await readProviderConnection(db, organization_id, model.provider_id)
  if (!row || row.is_deleted || row.provider_type === 'sim') return null
  let captured: ModelRequest['http'] = null
  const capture: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    captured = { method: init?.method ?? 'POST', url, body: shortenBase64(typeof init?.body === 'string' ? init.body : '') }
    throw new Captured('the request goes nowhere')
  }
  try {
    // Its key is in a header, and headers are not shown.
    const provider = await createModelProvider({ type: row.provider_type, base_url: row.base_url, api_key: 'not-shown' }, { fetch: capture })
    await provider.stream(call, signal)[Symbol.asyncIterator]().next()
  } catch (error) {
    signal.throwIfAborted()
    if (captured === null && !(error instanceof Captured)) return null
  }
  return captured
}

/** Bytes say nothing to a reader. */
function shortenBase64(body: string): string {
  return body.replace(/[A-Za-z0-9+/]{1000,}={0,2}/g, (bytes) => `<${bytes.length} characters of base64>`)
}

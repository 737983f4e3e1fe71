import { createHash } from 'node:crypto'
import type { PromptRecord } from '@reprise/contract'
import type { ModelCall } from '../models/model-provider.ts'
import type { PromptCut } from './compact-prompt.ts'

/** What determined a call beside the journal, and the digest by which it is known again when it is rebuilt. */
export function recordPrompt(call: ModelCall, cut: PromptCut): PromptRecord {
  return { sha256: digestCall(call), own_messages: call.messages.length, cut_turns: cut.turns, cut_results: cut.results }
}

/** Of everything that the provider is given. Images count by what names them, and not by their bytes. */
export function digestCall({ model, system, earlier_turns, messages, tools, reasoning_effort, parallel_tool_calls }: ModelCall): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([model, system, reasoning_effort, parallel_tool_calls, messages]))
  hash.update(digestOnce(tools))
  for (const turn of earlier_turns) hash.update(digestOnce(turn))
  return hash.digest('base64url')
}

/** Tools and earlier turns are the same objects from call to call: each is read once. */
const digests = new WeakMap<object, string>()

function digestOnce(value: object): string {
  let digest = digests.get(value)
  if (digest === undefined) {
    digest = createHash('sha256').update(JSON.stringify(value)).digest('base64url')
    digests.set(value, digest)
  }
  return digest
}

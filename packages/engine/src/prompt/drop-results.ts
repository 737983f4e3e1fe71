import type { ToolResultPart } from '@reprise/contract'
import type { TurnModel } from '@reprise/store'
import type { MessageOfTurn } from '../turn/turn.ts'
import { estimateResult } from './estimate-tokens.ts'
import { tokenRatesOf } from './token-rates.ts'

/** What a model reads in place of a tool result. Its call stays, with something that answers it. */
const droppedResult = '[tool result dropped to fit the context window]'

/** As a provider's models are shown it: what is worth dropping depends on their measure. */
const shorter = new WeakMap<MessageOfTurn, { provider_type: string; message: MessageOfTurn }>()

/** A message without its tool results; the same message where that saves nothing. */
export function dropResults(message: MessageOfTurn, { provider_type }: TurnModel): MessageOfTurn {
  if (message.role !== 'tool_result') return message
  let known = shorter.get(message)
  if (known?.provider_type !== provider_type) {
    known = { provider_type, message: dropWhatSaves(message, provider_type) }
    shorter.set(message, known)
  }
  return known.message
}

function dropWhatSaves(message: Extract<MessageOfTurn, { role: 'tool_result' }>, providerType: string): MessageOfTurn {
  const rates = tokenRatesOf(providerType)
  const content = message.content.map((part) => {
    const dropped: ToolResultPart = { type: 'tool_result', tool_call_id: part.tool_call_id, result: droppedResult }
    return estimateResult(dropped, rates) < estimateResult(part, rates) ? dropped : part
  })
  return content.every((part, index) => part === message.content[index]) ? message : { role: 'tool_result', content }
}

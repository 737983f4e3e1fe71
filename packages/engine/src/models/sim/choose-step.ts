import type { ReasoningEffort, ToolCallPart } from '@reprise/contract'
import type { ModelCall, PromptMessage } from '../model-provider.ts'
import { composeAnswer } from './compose-answer.ts'
import { findScript } from './find-script.ts'
import type { SimFault, SimStep } from './sim-script.ts'

/** One answer of the model, with every default filled in; `''` is no thinking, or no text. */
export interface ChosenStep {
  thinking: string
  signature: string | null
  text: string
  tool_calls: Omit<ToolCallPart, 'type'>[]
  ttft_ms: number
  tokens_per_second: number
  fail: SimFault | null
}

/** Decides what to answer from the prompt alone, so that a call after a crash is the same call. */
export function chooseStep({ messages, reasoning_effort }: ModelCall): ChosenStep {
  const found = findScript(messages)
  const step: SimStep | undefined = found?.script.steps[found.step_index]
  const tool_calls = step?.tool_calls ?? []
  return {
    ...chooseThinking(step, reasoning_effort),
    text: step?.text ?? (tool_calls.length > 0 ? '' : composeAnswer(messages)),
    tool_calls: tool_calls.length > 0 ? numberCalls(tool_calls, countCalls(messages)) : [],
    ttft_ms: step?.ttft_ms ?? 0,
    tokens_per_second: step?.tokens_per_second ?? 0,
    fail: step?.fail ?? null,
  }
}

function chooseThinking(step: SimStep | undefined, effort: ReasoningEffort | null): { thinking: string; signature: string | null } {
  if (step?.thinking !== undefined) return { thinking: step.thinking, signature: step.signature ?? null }
  if (effort === null || effort === 'none') return { thinking: '', signature: null }
  return { thinking: `Thinking with ${effort} effort.`, signature: 'sim' }
}

/** Ids go on counting within a turn, and start again in the next one, as those of many models do. */
function numberCalls(calls: SimStep['tool_calls'], callsBefore: number): ChosenStep['tool_calls'] {
  return calls.map((call, index) => ({ id: `call_${callsBefore + index + 1}`, name: call.name, arguments: call.arguments }))
}

function countCalls(messages: readonly PromptMessage[]): number {
  let calls = 0
  for (const message of messages) {
    if (message.role === 'agent') for (const part of message.content) if (part.type === 'tool_call') calls++
  }
  return calls
}

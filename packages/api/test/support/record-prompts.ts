import { createModelProvider, type CreateProvider, type ModelCall, type PromptMessage } from '@reprise/engine'

/** Of the prompts that a simulated model was sent, in their order. */
export interface RecordedPrompts {
  createProvider: CreateProvider
  calls: ModelCall[]
}

/** The simulated model, with a memory. */
export function recordPrompts(): RecordedPrompts {
  const calls: ModelCall[] = []
  return {
    calls,
    async createProvider(connection, services) {
      const sim = await createModelProvider(connection, services)
      return { ...sim, stream: (call, signal) => (calls.push(call), sim.stream(call, signal)) }
    },
  }
}

/** A prompt as short lines: who says what. */
export function showPrompt({ earlier_turns, messages }: ModelCall): string[] {
  return [...earlier_turns.flat(), ...messages].map(showMessage)
}

function showMessage(message: PromptMessage): string {
  const parts = message.content.map((part) => {
    switch (part.type) {
      case 'text':
        return part.text
      case 'image':
        return `[image ${part.image_id ?? part.url}]`
      case 'tool_call':
        return `[call ${part.id}]`
      case 'tool_result':
        return `[${part.tool_call_id}: ${part.error ?? JSON.stringify(part.result)}]`
    }
  })
  return `${message.role}: ${parts.join(' ')}`
}

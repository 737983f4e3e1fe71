import { AbstractChat, type ChatInit, type ChatState, type ChatStatus, type UIMessage } from 'ai'

/** The AI SDK's chat as `useChat` holds it, with its state in memory in place of React's. */
export class TestChat extends AbstractChat<UIMessage> {
  /** The status at each change. */
  readonly statuses: ChatStatus[]

  constructor({ messages = [], ...init }: ChatInit<UIMessage>) {
    const statuses: ChatStatus[] = []
    const state: ChatState<UIMessage> = {
      messages,
      error: undefined,
      get status() {
        return statuses.at(-1) ?? 'ready'
      },
      set status(status) {
        statuses.push(status)
      },
      pushMessage: (message) => void (state.messages = [...state.messages, message]),
      popMessage: () => void (state.messages = state.messages.slice(0, -1)),
      replaceMessage: (index, message) => void (state.messages = state.messages.with(index, structuredClone(message))),
      snapshot: (thing) => structuredClone(thing),
    }
    super({ ...init, state })
    this.statuses = statuses
  }
}

/** The parts of a message in short: `step`, `text: …`, `ask (output-available): {…}`. */
export function showParts({ parts }: UIMessage): string[] {
  return parts.map((part) => {
    if (part.type === 'text' || part.type === 'reasoning') return `${part.type}: ${part.text}`
    if ('toolCallId' in part) return `${part.type.replace('tool-', '')} (${part.state}): ${JSON.stringify(part.output ?? part.errorText ?? part.input)}`
    return part.type === 'step-start' ? 'step' : JSON.stringify(part)
  })
}

import { styleText } from 'node:util'
import type { KnownEvent } from './read-events.ts'

type Style = Parameters<typeof styleText>[0]

const typeColumns = 28

/** Shows events as they arrive: one line each, and a text that is being written on the line of its first piece. */
export class EventPrinter {
  readonly #out: NodeJS.WriteStream
  readonly #startedAt = performance.now()
  #writing: KnownEvent['type'] | null = null

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  print(event: KnownEvent): void {
    switch (event.type) {
      case 'reason.thinking.delta':
      case 'output.message.delta':
        if (this.#writing !== event.type) this.#begin(event)
        this.#writing = event.type
        this.#out.write(event.type === 'output.message.delta' ? event.data.delta : this.#style('italic', event.data.delta))
        return
      default:
        this.#begin(event)
        this.#out.write(this.#style('dim', describe(event)))
        this.#writing = null
    }
  }

  end(): void {
    this.#out.write('\n')
  }

  /** When, which, and what of it. */
  #begin({ type, sequence }: KnownEvent): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(2)
    const place = `${seconds.padStart(7)} ${String(sequence).padStart(4)}`
    this.#out.write(`\n${this.#style('dim', place)}  ${this.#style(chooseColour(type), type.padEnd(typeColumns))}`)
  }

  /** Colour only where it is seen as one. */
  #style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out })
  }
}

function chooseColour(type: KnownEvent['type']): Style {
  if (type.startsWith('tool.') || type.startsWith('act.')) return 'yellow'
  if (type.startsWith('reason.')) return 'magenta'
  if (type.startsWith('output.')) return 'green'
  return type === 'turn.failed' ? 'red' : 'cyan'
}

function describe(event: KnownEvent): string {
  switch (event.type) {
    case 'input.message':
      return event.data.message.content.map(describePart).join(', ')
    case 'reason.started':
      return event.data.metadata.model
    case 'reason.completed':
      return `${event.data.tool_call_count} tool calls, ${event.data.duration_ms} ms`
    case 'tool.started':
      return `${event.data.tool_call.name} ${JSON.stringify(event.data.tool_call.arguments)}`
    case 'tool.completed':
      return `${event.data.tool_name} ${event.data.success ? JSON.stringify(event.data.result) : event.data.error}`
    case 'turn.completed':
      return `${event.data.llm_call_count} model calls, ${event.data.tool_call_count} tool calls, ${event.data.duration_ms} ms`
    case 'turn.failed':
      return `${event.data.error_code}: ${event.data.error}`
    default:
      return ''
  }
}

function describePart(part: { type: string; text?: string; url?: string }): string {
  // Up to the script, which is for the model.
  return part.type === 'text' ? JSON.stringify(part.text?.split('\n')[0]) : `${part.type} ${part.url ?? ''}`
}

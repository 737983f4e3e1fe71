import type { SessionEvent } from '@reprise/client'
import type { Writable } from 'node:stream'

const charactersMax = 200

/** Prints a turn as a text that grows, with thinking and tools in a line each. */
export class TurnPrinter {
  readonly #output: Writable
  #isAtLineStart = true

  constructor(output: Writable) {
    this.#output = output
  }

  print(event: SessionEvent): void {
    switch (event.type) {
      case 'reason.thinking.completed':
        return this.#line(`(thinks: ${shorten(event.data.thinking)})`)
      case 'reason.recovered':
        // What stands there cannot be taken back on paper.
        return this.#line('(starts again)')
      case 'output.message.delta':
        return this.#write(event.data.delta)
      case 'output.message.completed':
        return this.#endLine()
      case 'tool.started':
        return this.#line(`[${event.data.tool_call.name}] ${shorten(JSON.stringify(event.data.tool_call.arguments))}`)
      case 'tool.progress':
        return this.#line(`[${event.data.tool_name}] ${event.data.message}`)
      case 'tool.completed':
        return this.#line(`[${event.data.tool_name}] ${event.data.success ? `→ ${shorten(JSON.stringify(event.data.result ?? null))}` : `failed: ${event.data.error}`}`)
      case 'turn.cancelled':
        return this.#line('(cancelled)')
      default:
        // A failed turn says so in a message of its own.
        return
    }
  }

  #line(text: string): void {
    this.#endLine()
    this.#write(`${text}\n`)
  }

  #endLine(): void {
    if (!this.#isAtLineStart) this.#write('\n')
  }

  #write(text: string): void {
    this.#output.write(text)
    this.#isAtLineStart = text.endsWith('\n')
  }
}

function shorten(text: string): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`
}

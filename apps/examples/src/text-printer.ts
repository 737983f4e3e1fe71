import type { Writable } from 'node:stream'

/** As much of an event as is printed. */
interface PrintedEvent {
  type: string
  context: { turn_id?: string | undefined }
  data: Record<string, unknown>
}

/** Prints a session's events as a text that grows, and knows when a turn is over. */
export class TextPrinter {
  readonly #output: Writable
  readonly #ended = new Set<string>()
  #waiting: PromiseWithResolvers<void> | null = null

  constructor(output: Writable) {
    this.#output = output
  }

  print({ type, context, data }: PrintedEvent): void {
    if (type === 'output.message.delta') this.#output.write(String(data['delta']))
    else if (type === 'tool.completed') this.#output.write(`[${String(data['tool_name'])}] ${JSON.stringify(data['result'] ?? data['error'])}\n`)
    else if (type === 'turn.completed' || type === 'turn.failed') {
      this.#output.write(type === 'turn.failed' ? `\nThe turn failed: ${String(data['error'])}\n` : '\n')
      this.#ended.add(context.turn_id ?? '')
      this.#waiting?.resolve()
    }
  }

  fail(error: unknown): void {
    this.#waiting?.reject(error)
  }

  /** Resolves when the turn's last event was printed. */
  async turnEnd(turnId: string): Promise<void> {
    while (!this.#ended.has(turnId)) {
      this.#waiting = Promise.withResolvers()
      await this.#waiting.promise
    }
  }
}

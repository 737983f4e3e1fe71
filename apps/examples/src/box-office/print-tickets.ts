import { defineTool } from '@reprise/host'
import { z } from 'zod'

/** A device that takes each job once, however often it is sent. */
export interface Printer {
  print(jobKey: string, text: string): Promise<void>
}

/** May run again after a crash, so the printer gets a key that is the same each time; whoever watches sees how far it is. */
export function createPrintTickets(printer: Printer) {
  return defineTool({
    name: 'print_tickets',
    description: 'Prints the tickets of reserved seats.',
    input: z.object({ seats: z.array(z.string()).min(1).max(20) }),
    effects: 'idempotent',
    async run({ seats }, { idempotency_key, progress, signal }) {
      for (const [index, seat] of seats.entries()) {
        signal.throwIfAborted()
        await printer.print(`${idempotency_key}:${seat}`, `Admit one: ${seat}`)
        progress(`Printed ${index + 1} of ${seats.length}.`)
      }
      return { ok: true, result: { printed: seats.length } }
    },
  })
}

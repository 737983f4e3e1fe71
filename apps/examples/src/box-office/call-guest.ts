import { defineTool } from '@reprise/host'
import { z } from 'zod'

/** Resolves when the guest picks up; rejects with the signal's reason when nobody wants to know any more. */
export type Dial = (guest: string, signal: AbortSignal) => Promise<string>

/** May take for ever, so it ends when its signal says so: the turn was cancelled, or the time is over. Nobody is called twice. */
export function createCallGuest(dial: Dial) {
  return defineTool({
    name: 'call_guest',
    description: 'Calls a guest on the telephone and tells what they said.',
    input: z.object({ guest: z.string().min(1) }),
    effects: 'at_most_once',
    async run({ guest }, { signal }) {
      return { ok: true, result: { said: await dial(guest, signal) } }
    },
  })
}

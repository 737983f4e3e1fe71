import type { ExportLine } from '@reprise/contract'
import { readExportedMessages, writeMessage } from '@reprise/store'
import type { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { findSession } from './find-session.ts'
import { getSession, type getSessionInput } from './get-session.ts'

/**
 * The session and its messages up to now as lines of JSON, in pieces of some lines each. The next piece is read when the
 * last one was taken, so a slow reader costs no memory. If the session is deleted meanwhile, the last line is missing.
 */
export async function exportSession(services: Services, caller: Caller, { session_id }: z.output<typeof getSessionInput>): Promise<AsyncGenerator<string>> {
  const { last_sequence } = await findSession(services, caller, session_id)
  const session = await getSession(services, caller, { session_id })
  return writeLines(services, { organization_id: caller.organization_id, session_id, last_sequence }, writeLine({ type: 'session', ...session }))
}

async function* writeLines({ db }: Services, range: { organization_id: string; session_id: string; last_sequence: number }, sessionLine: string): AsyncGenerator<string> {
  yield sessionLine
  let messages = 0
  for (let after_sequence = 0; ; ) {
    const page = await readExportedMessages(db, { ...range, after_sequence })
    if (page === null) return
    if (page.length === 0) break
    messages += page.length
    after_sequence = page.at(-1)!.sequence
    yield page.map((message) => endLine(`{"type":"message",${writeMessage(message).slice(1)}`)).join('')
  }
  yield writeLine({ type: 'end', messages })
}

function writeLine(line: ExportLine): string {
  return endLine(JSON.stringify(line))
}

/** JSON leaves these three as they are, and some readers of lines end one at each of them. They stand in strings alone. */
function endLine(json: string): string {
  return `${json.replaceAll(/[\u0085\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

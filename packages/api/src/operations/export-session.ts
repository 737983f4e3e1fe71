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
    yield page.map((message) => `{"type":"message",${writeMessage(message).slice(1)}\n`).join('')
  }
  yield writeLine({ type: 'end', messages })
}

function writeLine(line: ExportLine): string {
  return `${JSON.stringify(line)}\n`
}

import { newId } from '@reprise/contract'
import { insertSession, makeSeededSession, readSession, seeded, type Database } from '@reprise/store'

/** Fixed, so that the address shown at each start stays the same. */
const quickstartSessionId = 'sess_00000000000070008000000000000001'

/** A session to post the first message to, made where it is missing: so that trying the server out takes one command. */
export async function findQuickstartSession(db: Database): Promise<string> {
  if (await readSession(db, seeded.organization_id, quickstartSessionId)) return quickstartSessionId
  // Its id is taken where it was deleted, or where another process has just made it.
  return await insert(db, quickstartSessionId).catch(() => insert(db, newId('session')))
}

async function insert(db: Database, id: string): Promise<string> {
  await insertSession(db, makeSeededSession({ id, title: 'First steps' }))
  return id
}

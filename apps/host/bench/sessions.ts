import { insertSession, makeSeededSession, type Database } from '@reprise/store'

/** Makes sessions of the seeded agent. */
export async function createSessions(db: Database, count: number): Promise<string[]> {
  const sessions = await Promise.all(Array.from({ length: count }, () => insertSession(db, makeSeededSession())))
  return sessions.map((session) => session.id)
}

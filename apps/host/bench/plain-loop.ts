import { newId } from '@reprise/contract'
import { createPool } from '@reprise/store'

/**
 * What a program without a journal does: each turn's writes as five commits, one after the other, on plain tables.
 * No head lock, no fence, no sequence: the yardstick, not an alternative.
 */
export async function measurePlainLoop(connectionString: string, sessions: number, seconds: number): Promise<number> {
  const pool = createPool({ connectionString, applicationName: 'bench plain loop', connectionsMax: Math.min(sessions, 64) })
  await pool.query(`
    CREATE TABLE IF NOT EXISTS plain_messages (id text PRIMARY KEY, session_id text NOT NULL, role text NOT NULL, content json NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE IF NOT EXISTS plain_turns (id text PRIMARY KEY, session_id text NOT NULL, status text NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())`)
  const insertMessage = { name: 'plain_message', text: 'INSERT INTO plain_messages (id, session_id, role, content) VALUES ($1, $2, $3, $4)' }
  const insertBoth = {
    name: 'plain_accept',
    text: 'WITH turn AS (INSERT INTO plain_turns (id, session_id, status) VALUES ($5, $2, $6)) INSERT INTO plain_messages (id, session_id, role, content) VALUES ($1, $2, $3, $4)',
  }
  const endTurn = { name: 'plain_end', text: 'UPDATE plain_turns SET status = $2, updated_at = now() WHERE id = $1' }
  const content = JSON.stringify([{ type: 'text', text: 'What is six times seven?' }])
  const until = performance.now() + seconds * 1000
  const startedAt = performance.now()
  let turns = 0
  await Promise.all(
    Array.from({ length: sessions }, async () => {
      const sessionId = newId('session')
      while (performance.now() < until) {
        const turnId = newId('turn')
        await pool.query({ ...insertBoth, values: [newId('message'), sessionId, 'user', content, turnId, 'running'] })
        for (const role of ['agent', 'tool_result', 'agent']) await pool.query({ ...insertMessage, values: [newId('message'), sessionId, role, content] })
        await pool.query({ ...endTurn, values: [turnId, 'completed'] })
        turns += 1
      }
    }),
  )
  const rate = turns / ((performance.now() - startedAt) / 1000)
  await pool.end()
  return rate
}

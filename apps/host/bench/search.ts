import { createPool } from '@reprise/store'
import { commonWord, fillMessages, messagesPerTurn, rareWord } from './fill-session.ts'
import { HttpConnection } from './http-connection.ts'
import { startMeasuredHost } from './start-measured-host.ts'
import { median, percentile, printRows } from './statistics.ts'

const messages = 100_000
const sessionsOfMany = 500
const rounds = 5
const searchersAtOnce = 4
const meanwhileMs = 5_000

/** Full-text search over 100,000 messages of some 400 characters: all in one session, and in one of many. */
export async function measureSearch(): Promise<void> {
  const host = await startMeasuredHost()
  const pool = createPool({ connectionString: host.connectionString, applicationName: 'bench' })
  const one = await fillMessages(pool, messages / messagesPerTurn)
  const many: string[] = []
  while (many.length < sessionsOfMany) many.push(await fillMessages(pool, messages / messagesPerTurn / sessionsOfMany))
  await pool.query('VACUUM (ANALYZE)')
  await pool.end()
  const connection = await HttpConnection.open(host.address)
  const queries = {
    'a word of every message': commonWord,
    'a word of one message in a thousand, all found': rareWord,
    'two words, of which one is rare': `${commonWord} ${rareWord}`,
    'one rare word or another': `${rareWord} or nowhere`,
    'a word that does not occur': 'nowhere',
  }
  const rows: [string, string][] = []
  for (const [name, q] of Object.entries(queries)) {
    const ofOne: number[] = []
    const ofMany: number[] = []
    for (let round = 0; round < rounds; round++) {
      ofOne.push(await search(connection, one, q))
      ofMany.push(await search(connection, many[round]!, q))
    }
    rows.push([name, `${median(ofOne).toFixed(1)} ms in one session, ${median(ofMany).toFixed(1)} ms in one of ${sessionsOfMany}`])
  }
  printRows(`Full-text search over ${messages.toLocaleString('en')} messages, 100 a page, p50 of ${rounds}`, rows)

  const alone = await listFor(connection, many[0]!, 2_000)
  const searchers = await Promise.all(Array.from({ length: searchersAtOnce }, () => HttpConnection.open(host.address)))
  const until = performance.now() + meanwhileMs
  const searching = searchers.map(async (searcher) => {
    while (performance.now() < until) await search(searcher, one, 'nowhere')
  })
  const meanwhile = await listFor(connection, many[0]!, meanwhileMs)
  await Promise.all(searching)
  const show = (ms: number[]) => `p50 ${median(ms).toFixed(1)} ms, p99 ${percentile(ms, 0.99).toFixed(1)} ms`
  printRows(`A list of another session's messages beside ${searchersAtOnce} clients that search all ${messages.toLocaleString('en')}`, [
    ['alone', show(alone)],
    ['meanwhile', show(meanwhile)],
  ])
  for (const open of [connection, ...searchers]) open.close()
  await host.remove()
}

async function search(connection: HttpConnection, sessionId: string, q: string): Promise<number> {
  return await time(connection, `/v1/sessions/${sessionId}/messages?q=${encodeURIComponent(q)}`)
}

async function listFor(connection: HttpConnection, sessionId: string, forMs: number): Promise<number[]> {
  const until = performance.now() + forMs
  const ms: number[] = []
  while (performance.now() < until) ms.push(await time(connection, `/v1/sessions/${sessionId}/messages?limit=20`))
  return ms
}

async function time(connection: HttpConnection, path: string): Promise<number> {
  const startedAt = performance.now()
  const { status, body } = await connection.request('GET', path)
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${body.slice(0, 300)}`)
  return performance.now() - startedAt
}

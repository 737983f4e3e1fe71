import { createPool } from '@reprise/store'
import { eventsPerTurn, fillSession } from './fill-session.ts'
import { HttpConnection } from './http-connection.ts'
import { startMeasuredHost } from './start-measured-host.ts'
import { median, printRows } from './statistics.ts'

const eventsOfLong = 100_000
const eventsOfShort = 400
const rounds = 60
const searchRounds = 5
const pageSize = 100

/** Pages of a long session against the same pages of a short one. */
export async function measureLists(): Promise<void> {
  const host = await startMeasuredHost()
  const pool = createPool({ connectionString: host.connectionString, applicationName: 'bench' })
  const [long, short] = [await fillSession(pool, eventsOfLong / eventsPerTurn), await fillSession(pool, eventsOfShort / eventsPerTurn)]
  await pool.query('VACUUM (ANALYZE)')
  const { rows } = await pool.query<{ turn: string; ms: number }>(`SELECT turn_id AS turn, event_ms AS ms FROM journal WHERE session_id = $1 AND last_sequence >= $2 ORDER BY last_sequence LIMIT 1`, [long, eventsOfLong / 2])
  const middle = rows[0]!
  await pool.end()
  const connection = await HttpConnection.open(host.address)

  for (const [kind, before, after] of [['messages', 'before', 'after'], ['events', 'before_sequence', 'after_sequence']] as const) {
    const pages = {
      first: [`${after}=0`, `${after}=0`],
      'middle, onwards': [`${after}=${eventsOfLong / 2}`, `${after}=${eventsOfShort / 2}`],
      'middle, backwards': [`${before}=${eventsOfLong / 2}`, `${before}=${eventsOfShort / 2}`],
      last: ['', ''],
    }
    // What the short session's page has at most, so that both show as much.
    const limit = kind === 'messages' ? 40 : pageSize
    const shown: [string, string][] = []
    const longMs: number[] = []
    for (const [name, [inLong, inShort]] of Object.entries(pages)) {
      const [a, b] = await timeBoth(connection, `/v1/sessions/${long}/${kind}?limit=${limit}&${inLong}`, `/v1/sessions/${short}/${kind}?limit=${limit}&${inShort}`, rounds)
      shown.push([name, `${a.toFixed(2)} ms, ${(a / b).toFixed(2)} times the short session's`])
      longMs.push(a)
    }
    shown.push(['the slowest page to the fastest', `${(Math.max(...longMs) / Math.min(...longMs)).toFixed(2)}  (aim: flat)`])
    printRows(`Listing ${kind} of a session of ${eventsOfLong.toLocaleString('en')} events, ${limit} a page, p50 of ${rounds}`, shown)
  }

  const moment = new Date(middle.ms).toISOString()
  const filters = {
    'one turn (turn_id)': `turn_id=${middle.turn}`,
    'from a moment (from_ts)': `from_ts=${moment}&after_sequence=0`,
    'a common type (types)': 'types=turn.completed',
    'a type that does not occur': 'types=turn.failed',
    'a tool that does not occur (tool_name)': 'tool_name=web_fetch',
    'a text that does not occur (q)': 'q=nowhere',
  }
  const shown: [string, string][] = []
  for (const [name, filter] of Object.entries(filters)) {
    const ms: number[] = []
    for (let round = 0; round < searchRounds; round++) ms.push(await time(connection, `/v1/sessions/${long}/events?limit=${pageSize}&${filter}`))
    shown.push([name, `${median(ms).toFixed(1)} ms`])
  }
  printRows(`Filtering the events of a session of ${eventsOfLong.toLocaleString('en')}, ${pageSize} a page, p50 of ${searchRounds}`, shown)
  connection.close()
  await host.remove()
}

/** By turns, so that a slow moment of the machine falls on both. */
async function timeBoth(connection: HttpConnection, first: string, second: string, times: number): Promise<[number, number]> {
  const ms: [number[], number[]] = [[], []]
  for (let round = 0; round < times; round++) {
    ms[0].push(await time(connection, first))
    ms[1].push(await time(connection, second))
  }
  return [median(ms[0]), median(ms[1])]
}

async function time(connection: HttpConnection, path: string): Promise<number> {
  const startedAt = performance.now()
  const { status, body } = await connection.request('GET', path)
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${body.slice(0, 300)}`)
  return performance.now() - startedAt
}

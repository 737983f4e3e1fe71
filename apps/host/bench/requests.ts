import { createPool, seeded } from '@reprise/store'
import { fillSession } from './fill-session.ts'
import { HttpConnection } from './http-connection.ts'
import { startMeasuredHost } from './start-measured-host.ts'
import { percentile, printRows } from './statistics.ts'

const connections = 32
const secondsEach = 4
const turns = 20

/** What reading costs: many connections, each with one request at a time. */
export async function measureRequests(): Promise<void> {
  const host = await startMeasuredHost()
  const pool = createPool({ connectionString: host.connectionString, applicationName: 'bench' })
  const session = await fillSession(pool, turns)
  await pool.end()
  const open = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(host.address)))
  const paths = {
    'get a session': `/v1/sessions/${session}`,
    'get an agent': `/v1/agents/${seeded.agent_id}`,
    'list 20 messages': `/v1/sessions/${session}/messages?limit=20`,
    'list 20 events': `/v1/sessions/${session}/events?limit=20`,
    'list models': '/v1/models',
    'list images': '/v1/images',
  }
  await measure(open, paths['get a session'], 2) // warm
  const rows: [string, string][] = []
  for (const [name, path] of Object.entries(paths)) {
    const ms = await measure(open, path, secondsEach)
    rows.push([name, `${(ms.length / secondsEach).toFixed(0)} a second, p99 ${percentile(ms, 0.99).toFixed(1)} ms`])
  }
  printRows(`Requests of ${connections} connections, for ${secondsEach} s each`, rows)
  for (const connection of open) connection.close()
  await host.remove()
}

async function measure(open: readonly HttpConnection[], path: string, seconds: number): Promise<number[]> {
  const until = performance.now() + seconds * 1000
  const ms: number[] = []
  await Promise.all(
    open.map(async (connection) => {
      for (let startedAt = performance.now(); startedAt < until; startedAt = performance.now()) {
        const { status, body } = await connection.request('GET', path)
        if (status !== 200) throw new Error(`GET ${path}: ${status} ${body.slice(0, 300)}`)
        ms.push(performance.now() - startedAt)
      }
    }),
  )
  return ms
}

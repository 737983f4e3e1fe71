import { createPool } from '@reprise/store'
import { HttpConnection } from './http-connection.ts'
import { startMeasuredHost } from './start-measured-host.ts'
import { median, percentile, printRows } from './statistics.ts'
import { createSession, oneToolMessage, runTurn } from './turns.ts'

const sessions = 16
const rounds = 11
const lockMs = 1_000
const ratioMax = 1.5

/** Whether a session whose head is locked, and to which messages are posted meanwhile, holds up the others. */
export async function measureInterference(): Promise<void> {
  const host = await startMeasuredHost()
  const pool = createPool({ connectionString: host.connectionString, applicationName: 'bench', connectionsMax: 1 })
  const locked = await HttpConnection.open(host.address)
  const lockedId = await createSession(locked)
  const connections = await Promise.all(Array.from({ length: sessions }, () => HttpConnection.open(host.address)))
  const ids = await Promise.all(connections.map(createSession))

  const measureOthers = async (ms: number): Promise<number[]> => {
    const turnMs: number[] = []
    const until = performance.now() + ms
    await Promise.all(
      connections.map(async (connection, index) => {
        while (performance.now() < until) {
          const startedAt = performance.now()
          await runTurn(connection, ids[index]!)
          turnMs.push(performance.now() - startedAt)
        }
      }),
    )
    return turnMs
  }

  const lockedPostMs: number[] = []
  const measureLocked = async (): Promise<number[]> => {
    const client = await pool.connect()
    await client.query('BEGIN')
    await client.query('SELECT FROM session_heads WHERE session_id = $1 FOR UPDATE', [lockedId])
    const startedAt = performance.now()
    // The journal meets the lock only when it has something to write there.
    const posted = locked.request('POST', `/v1/sessions/${lockedId}/messages`, oneToolMessage)
    const turnMs = await measureOthers(lockMs)
    await client.query('COMMIT')
    client.release()
    const { status, body } = await posted
    if (status !== 201) throw new Error(`posting to the locked session: ${status} ${body}`)
    lockedPostMs.push(performance.now() - startedAt)
    return turnMs
  }

  await measureOthers(3_000) // warm
  const quiet: number[][] = []
  const disturbed: number[][] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) quiet.push(await measureOthers(lockMs))
    disturbed.push(await measureLocked())
    if (round % 2 === 1) quiet.push(await measureOthers(lockMs))
  }
  for (const connection of [locked, ...connections]) connection.close()
  await pool.end()
  await host.remove()
  const ratios = disturbed.map((ms, round) => percentile(ms, 0.99) / percentile(quiet[round]!, 0.99))
  const show = (ms: number[]) => `p50 ${percentile(ms, 0.5).toFixed(1)} ms, p99 ${percentile(ms, 0.99).toFixed(1)} ms, max ${Math.max(...ms).toFixed(1)} ms`
  printRows(`Turns of ${sessions} sessions while another one's head is locked for a second, ${rounds} times`, [
    ['without the lock', show(quiet.flat())],
    ['with it', show(disturbed.flat())],
    ['p99 with it to without, median of the times', `${median(ratios).toFixed(2)}  (aim: the same but for noise, at most ${ratioMax})`],
    ['a message to the locked session', `accepted after ${median(lockedPostMs).toFixed(0)} ms`],
  ])
}

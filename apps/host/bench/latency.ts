import { HttpConnection } from './http-connection.ts'
import { readSse } from './sse-reader.ts'
import { startMeasuredHost } from './start-measured-host.ts'
import { percentile, printRows } from './statistics.ts'
import { createSession, oneToolMessage, runTurn } from './turns.ts'

const turns = 400
/** Both sessions fill the 200 messages of a prompt; a one-tool turn is four messages. */
const shortTurns = 50
const longTurns = 2_500

/** One turn at a time: from the POST to `turn.completed` on the session's stream. */
export async function measureLatency(): Promise<void> {
  const host = await startMeasuredHost()
  const connection = await HttpConnection.open(host.address)
  const short = await prepare(connection, shortTurns)
  const long = await prepare(connection, longTurns)
  await measureTurns(host.address, connection, short, 100) // warm
  // By turns, so that a slow minute of the machine falls on both.
  const shortMs: number[] = []
  const longMs: number[] = []
  for (let round = 0; round < 4; round++) {
    shortMs.push(...(await measureTurns(host.address, connection, short, turns / 4)))
    longMs.push(...(await measureTurns(host.address, connection, long, turns / 4)))
  }
  connection.close()
  await host.remove()
  const show = (ms: number[]) => [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${percentile(ms, share).toFixed(2)} ms`).join(', ')
  printRows(`Latency of a one-tool turn alone, POST to turn.completed on the stream, ${turns} turns`, [
    [`session of ${shortTurns * 4} messages (a full prompt)`, show(shortMs)],
    [`session of ${longTurns * 4} messages (a full prompt)`, show(longMs)],
    ['the long one to the short one, p50', `${(percentile(longMs, 0.5) / percentile(shortMs, 0.5)).toFixed(2)}`],
  ])
}

async function prepare(connection: HttpConnection, count: number): Promise<string> {
  const sessionId = await createSession(connection)
  for (let turn = 0; turn < count; turn++) await runTurn(connection, sessionId)
  return sessionId
}

async function measureTurns(address: string, connection: HttpConnection, sessionId: string, count: number): Promise<number[]> {
  const stream = await readSse(address, `/v1/sessions/${sessionId}/sse?from=now`)
  const ms: number[] = []
  for (let turn = 0; turn < count; turn++) {
    const completed = stream.first('turn.completed')
    const startedAt = performance.now()
    const [{ status }] = await Promise.all([connection.request('POST', `/v1/sessions/${sessionId}/messages`, oneToolMessage), completed])
    ms.push(performance.now() - startedAt)
    if (status !== 201) throw new Error(`posting a message: ${status}`)
  }
  stream.close()
  return ms
}

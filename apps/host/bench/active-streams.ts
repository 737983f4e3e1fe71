import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { HttpConnection } from './http-connection.ts'
import { startMeasuredHost } from './start-measured-host.ts'
import { percentile, printRows } from './statistics.ts'
import { createSession, oneToolMessage } from './turns.ts'

const clientsWanted = 5_000
const sessions = 100
/** Each session runs a turn so often: together, 10 turns a second. */
const turnEveryMs = 10_000
const warmMs = 4_000
const measuredMs = 20_000
const openAtOnce = 50
/** The server has a descriptor for each client, and some for itself. */
const descriptorsBeside = 500

interface Tally {
  ms: number[]
  bytes: number
  isMeasuring: boolean
}

/** From an event's time in the database to its arrival at each of 5,000 clients, while 100 sessions are active. */
export async function measureActiveStreams(): Promise<void> {
  const descriptors = readDescriptorsMax()
  const clients = Math.min(clientsWanted, descriptors - descriptorsBeside)
  const host = await startMeasuredHost()
  const connections = await Promise.all(Array.from({ length: sessions }, () => HttpConnection.open(host.address)))
  const ids = await Promise.all(connections.map(createSession))
  const tally: Tally = { ms: [], bytes: 0, isMeasuring: false }
  const sockets: Socket[] = []
  for (let opened = 0; opened < clients; opened += openAtOnce) {
    const some = Array.from({ length: Math.min(openAtOnce, clients - opened) }, (_, index) => openStream(host.address, ids[(opened + index) % sessions]!, tally))
    sockets.push(...(await Promise.all(some)))
  }

  const until = performance.now() + warmMs + measuredMs
  let turns = 0
  const posting = connections.map(async (connection, index) => {
    await pause((index * turnEveryMs) / sessions)
    while (performance.now() < until) {
      const { status } = await connection.request('POST', `/v1/sessions/${ids[index]}/messages`, oneToolMessage)
      if (status !== 201) throw new Error(`posting a message: ${status}`)
      if (tally.isMeasuring) turns += 1
      await pause(turnEveryMs)
    }
  })
  await pause(warmMs)
  host.reset()
  tally.isMeasuring = true
  await pause(measuredMs)
  tally.isMeasuring = false
  const { eventLoopDelayMs } = await host.report()
  await Promise.all(posting)
  for (const socket of sockets) socket.destroy()
  for (const connection of connections) connection.close()
  await host.remove()

  const seconds = measuredMs / 1000
  const show = [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${percentile(tally.ms, share)} ms`).join(', ')
  printRows(`${clients} SSE clients of ${sessions} active sessions, clients and server on the same cores`, [
    ['from an event’s commit to its arrival', show],
    ['the load', `${(turns / seconds).toFixed(1)} turns a second, ${(tally.ms.length / seconds).toFixed(0)} events a second to clients, ${(tally.bytes / seconds / 1024 ** 2).toFixed(1)} MB a second`],
    ['event-loop delay of the main thread', `p50 ${eventLoopDelayMs.p50.toFixed(1)} ms, p99 ${eventLoopDelayMs.p99.toFixed(1)} ms`],
    ['files that a process may have open', `${descriptors}${clients < clientsWanted ? `: too few for ${clientsWanted} clients (ulimit -n)` : ''}`],
  ])
}

/** Notes how old every event is when it arrives; its time is the database's, of the same machine. */
async function openStream(address: string, sessionId: string, tally: Tally): Promise<Socket> {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  socket.write(`GET /v1/sessions/${sessionId}/sse?from=now HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  await once(socket, 'data')
  socket.on('data', (chunk: Buffer) => {
    if (!tally.isMeasuring) return
    const now = Date.now()
    tally.bytes += chunk.length
    for (let at = chunk.indexOf(timeMark); at >= 0; at = chunk.indexOf(timeMark, at + timeMark.length)) {
      const start = at + timeMark.length
      const ts = chunk.toString('latin1', start, start + timeLength)
      if (ts.length === timeLength) tally.ms.push(Math.max(0, now - Date.parse(ts)))
    }
  })
  return socket
}

const timeMark = '"ts":"'
const timeLength = '2026-01-31T12:00:00.000Z'.length

/** Node raises its soft limit to the hard one when it starts; a child process has the same. */
function readDescriptorsMax(): number {
  try {
    return Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity)
  } catch {
    return Infinity // no Linux: then it shows when a client cannot connect
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

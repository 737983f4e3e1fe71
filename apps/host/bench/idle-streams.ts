import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { HttpConnection } from './http-connection.ts'
import { startMeasuredHost } from './start-measured-host.ts'
import { printRows } from './statistics.ts'
import { createSession } from './turns.ts'

const clients = 5_000
const sessions = 500

/** What an event stream costs in memory while nothing happens in its session. */
export async function measureIdleStreams(): Promise<void> {
  const host = await startMeasuredHost()
  const connection = await HttpConnection.open(host.address)
  const ids: string[] = []
  for (let session = 0; session < sessions; session++) ids.push(await createSession(connection))
  // Code is compiled, pools are filled and heaps have grown before anything is counted.
  await closeAll(await openStreams(host.address, ids, 500))
  await settle()
  const before = await host.report()
  const sockets = await openStreams(host.address, ids, clients)
  await settle()
  const after = await host.report()
  await closeAll(sockets)
  connection.close()
  await host.remove()
  printRows(`${clients} idle SSE clients of ${sessions} sessions`, [
    ['resident memory each', `${kilobytesEach(after.rssBytes - before.rssBytes)} KB`],
    ['of it live objects', `${kilobytesEach(after.heapBytes - before.heapBytes)} KB`],
  ])
}

function kilobytesEach(bytes: number): string {
  return (bytes / clients / 1024).toFixed(1)
}

async function openStreams(address: string, ids: readonly string[], count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(address)
  const sockets: Socket[] = []
  for (let index = 0; index < count; index++) {
    const socket = connect(Number(port), hostname)
    socket.write(`GET /v1/sessions/${ids[index % ids.length]}/sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    await once(socket, 'data')
    socket.resume()
    sockets.push(socket)
  }
  return sockets
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => (socket.destroy(), once(socket, 'close'))))
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2_000))
}

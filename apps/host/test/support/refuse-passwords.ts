import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A server that speaks just enough of PostgreSQL's protocol to ask for a password and refuse it. */
export async function refusePasswords(): Promise<{ port: number } & AsyncDisposable> {
  const askForPassword = Buffer.from([...Buffer.from('R'), 0, 0, 0, 8, 0, 0, 0, 3])
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(askForPassword)
      socket.once('data', () => socket.end(refusal('28P01', 'password authentication failed for user "reprise"')))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

function refusal(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(fields.length + 4)
  return Buffer.concat([Buffer.from('E'), length, fields])
}

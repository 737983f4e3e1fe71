import { connect } from 'node:net'

export interface RawAnswer {
  status: number
  headers: string
  /** Parsed, if it is JSON. */
  body: { code?: string; detail?: string } & Record<string, unknown>
}

/**
 * Sends these bytes as they are, which no HTTP client would, and reads until the server has answered and closed. `end`
 * closes our half at once: a request that was cut off. Resolves with null when the connection ended without an answer.
 */
export function sendRaw(port: number, text: string | Buffer, { end = false } = {}): Promise<RawAnswer | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    const finish = () => resolve(answer === '' ? null : parseAnswer(answer))
    socket.on('data', (chunk) => {
      answer += chunk.toString()
      const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
      if (Buffer.byteLength(body) >= length) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', finish)
    socket.write(text)
    if (end) socket.end()
  })
}

/** The head of a request, and its body if there is one. */
export function writeRequest(line: string, headers: Record<string, string | string[]> = {}, body = ''): string {
  const given = Object.entries({ host: 'localhost', ...(body && { 'content-length': String(Buffer.byteLength(body)) }), ...headers })
  const lines = given.flatMap(([name, value]) => [value].flat().map((single) => `${name}: ${single}`))
  return [`${line} HTTP/1.1`, ...lines, '', body].join('\r\n')
}

function parseAnswer(text: string): RawAnswer {
  const [headers = '', body = ''] = text.split('\r\n\r\n', 2)
  return { status: Number(headers.split(' ')[1]), headers, body: /json/.test(headers) ? JSON.parse(body) : {} }
}

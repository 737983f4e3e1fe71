import { describe, expect, it } from 'vitest'
import { EgressFault } from '../../src/egress/egress-errors.ts'
import { failureOf, findClosedPort, openEgress, startLoopback, startSockets, type Answering } from './loopback.ts'

async function startEcho() {
  const server = await startLoopback(({ method, path, headers, body, response }) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, path, type: headers['content-type'] ?? null, agent: headers['user-agent'], extra: headers['x-extra'] ?? null, length: headers['content-length'] ?? null, body }))
  })
  const fetch: typeof globalThis.fetch = openEgress({ allow: [server.place] }).fetch
  return { server, fetch }
}

describe('the guarded fetch', () => {
  it('answers with what this Node calls a Response', async () => {
    const { server, fetch } = await startEcho()
    const response = await fetch(`${server.url}/a?b=c`)
    expect(response).toBeInstanceOf(Response)
    expect({ url: response.url, status: response.status, ok: response.ok, redirected: response.redirected }).toEqual({ url: `${server.url}/a?b=c`, status: 200, ok: true, redirected: false })
    expect(await response.json()).toMatchObject({ method: 'GET', path: '/a?b=c', agent: 'reprise' })
  })

  it.each<[string, RequestInit, object]>([
    ['text', { method: 'post', body: 'text', headers: [['user-agent', 'mine']] }, { method: 'POST', body: 'text', type: 'text/plain;charset=UTF-8', length: '4', agent: 'mine' }],
    ['bytes', { method: 'PUT', body: new TextEncoder().encode('bytes'), headers: new Headers({ 'x-extra': 'yes' }) }, { method: 'PUT', body: 'bytes', type: null, length: '5', extra: 'yes' }],
    ['a form', { method: 'POST', body: new URLSearchParams({ grant_type: 'a b' }) }, { body: 'grant_type=a+b', type: 'application/x-www-form-urlencoded;charset=UTF-8', length: '14' }],
    ['a blob', { method: 'POST', body: new Blob(['blob'], { type: 'text/csv' }) }, { body: 'blob', type: 'text/csv' }],
    ['a stream', { method: 'POST', body: new Blob(['streamed']).stream(), duplex: 'half' }, { body: 'streamed', length: null }],
    ['nothing', { method: 'DELETE' }, { method: 'DELETE', body: '' }],
  ])('sends %s as the standard does', async (_what, init, expected) => {
    const { server, fetch } = await startEcho()
    expect(await (await fetch(server.url, init)).json()).toMatchObject(expected)
  })

  it('sends files in a form', async () => {
    const { server, fetch } = await startEcho()
    const form = new FormData()
    form.set('file', new Blob(['content']), 'name.txt')
    const echoed = (await (await fetch(server.url, { method: 'POST', body: form })).json()) as { type: string; body: string } // as the echo answers
    expect(echoed.type).toMatch(/^multipart\/form-data; boundary=/)
    expect(echoed.body).toMatch(/name="file"; filename="name.txt"[^]*content/)
  })

  it('takes a Request, and what is said beside it first', async () => {
    const { server, fetch } = await startEcho()
    const request = new Request(`${server.url}/request`, { method: 'POST', body: 'from the request', headers: { 'x-extra': 'request' } })
    expect(await (await fetch(request.clone())).json()).toMatchObject({ method: 'POST', path: '/request', body: 'from the request', extra: 'request' })
    expect(await (await fetch(request, { headers: { 'x-extra': 'init' } })).json()).toMatchObject({ method: 'POST', extra: 'init' })
  })

  it('streams an answer as it comes', async () => {
    const open: Answering['response'][] = []
    const server = await startLoopback(({ response }) => {
      response.write('one')
      open.push(response)
    })
    const response = await openEgress({ allow: [server.place] }).fetch(server.url)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect(await reader?.read()).toEqual({ done: false, value: 'one' })
    open[0]?.end('two')
    expect(await reader?.read()).toEqual({ done: false, value: 'two' })
    expect(await reader?.read()).toEqual({ done: true, value: undefined })
  })

  it('closes the connection of an answer that nobody wants', async () => {
    const server = await startLoopback(({ response }) => response.write('one'))
    const response = await openEgress({ allow: [server.place] }).fetch(server.url)
    await response.body?.cancel()
    await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
  })

  it('fails when more is read than was agreed', async () => {
    const server = await startLoopback(({ response }) => response.end('12345'))
    const { fetch } = openEgress({ allow: [server.place] })
    expect(await (await fetch(server.url, { responseBytesMax: 5 })).text()).toBe('12345')
    const error = await failureOf((await fetch(server.url, { responseBytesMax: 4 })).text())
    expect(error).toBeInstanceOf(EgressFault)
    expect(error).toMatchObject({ message: 'the answer is longer than 4 bytes' })
  })

  it('bounds what it was told no bound for', async () => {
    const chunk = Buffer.alloc(1024 * 1024)
    const server = await startLoopback(({ response }) => {
      const pour = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', pour)
      pour()
    })
    const error = await failureOf((await openEgress({ allow: [server.place] }).fetch(server.url)).arrayBuffer())
    expect(error).toMatchObject({ name: 'EgressFault', message: `the answer is longer than ${64 * 1024 * 1024} bytes` })
  })

  it.each([
    [204, null],
    [205, null],
    [304, null],
  ])('answers %i without a body', async (status, body) => {
    const server = await startLoopback(({ response }) => void response.writeHead(status).end())
    expect(await openEgress({ allow: [server.place] }).fetch(server.url)).toMatchObject({ status, body })
  })

  it('fails as the standard does when the network does', async () => {
    const place = `127.0.0.1:${await findClosedPort()}`
    const error = await failureOf(openEgress({ allow: [place] }).fetch(`http://${place}`))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } })
  })

  it('fails with the reason of its abort', async () => {
    const reason = new Error('enough')
    const abort = new AbortController()
    const server = await startLoopback(() => abort.abort(reason))
    expect(await failureOf(openEgress({ allow: [server.place] }).fetch(server.url, { signal: abort.signal }))).toBe(reason)
    expect(await failureOf(openEgress({ allow: [server.place] }).fetch(new Request(server.url, { signal: abort.signal })))).toBe(reason)
  })

  it.each([
    ['status that does not exist', 'HTTP/1.1 999 Odd', { name: 'EgressFault' }],
    ['reason in other letters', 'HTTP/1.1 200 Gr\u00fc\u00dfe', { status: 200 }],
  ])('bears a %s', async (_what, line, expected) => {
    const server = await startSockets((socket) => void socket.once('data', () => socket.end(`${line}\r\ncontent-length: 2\r\n\r\nok`)))
    const { fetch } = openEgress({ allow: [server.place] })
    expect(await fetch(server.url).catch((error: unknown) => error)).toMatchObject(expected)
  })
})

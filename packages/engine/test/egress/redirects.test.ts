import { describe, expect, it } from 'vitest'
import { EgressRefused } from '../../src/egress/egress-errors.ts'
import { failureOf, generously, openEgress, startLoopback, watchAttempts, type Answering, type Loopback } from './loopback.ts'

function redirectTo(location: string, status = 302) {
  return ({ response }: Answering) => void response.writeHead(status, { location }).end('moved')
}

async function startPair(status: number): Promise<{ first: Loopback; second: Loopback; fetch: ReturnType<typeof openEgress>['fetch'] }> {
  const second = await startLoopback()
  const first = await startLoopback(redirectTo(`${second.url}/landed`, status))
  return { first, second, fetch: openEgress({ allow: [first.place, second.place] }).fetch }
}

describe('a redirect', () => {
  it.each([
    ['a private address', 'https://10.0.0.1/', /10\.0\.0\.1 are refused: the address is not public/],
    ['metadata', 'https://169.254.169.254/', /the address is not public/],
    ['the machine itself, by name', 'https://localhost/', /localhost are refused: one of its addresses is not public/],
    ['an inward place by http', 'http://127.0.0.1:1/', /only https/],
    ['a file', 'file:///etc/passwd', /scheme/],
    ['a url with a password', 'https://a:b@example.com/', /user name or password/],
    ['no url', 'https://[', /not a valid url/],
  ])('to %s is refused', async (_what, location, words) => {
    const server = await startLoopback(redirectTo(location))
    const attempts = watchAttempts()
    const egress = openEgress({ allow: [server.place] })
    const error = await failureOf(egress.fetch(`${server.url}/secret`))
    expect(error).toBeInstanceOf(EgressRefused)
    expect(error).toMatchObject({ message: expect.stringMatching(words) })
    expect(attempts).toEqual(['127.0.0.1'])
  })

  it('is followed on the same origin with all headers', async () => {
    const server = await startLoopback(({ path, response }) => (path === '/' ? response.writeHead(302, { location: '/next?a=1' }).end() : response.end('there')))
    const response = await openEgress({ allow: [server.place] }).fetch(server.url, { headers: { authorization: 'Bearer key', 'x-api-key': 'key' } })
    expect(await response.text()).toBe('there')
    expect({ url: response.url, redirected: response.redirected }).toEqual({ url: `${server.url}/next?a=1`, redirected: true })
    expect(server.received[1]).toMatchObject({ path: '/next?a=1', headers: { authorization: 'Bearer key', 'x-api-key': 'key' } })
  })

  it('to another origin takes no header along that could be a secret, and brings none back', async () => {
    const secret = { authorization: 'Bearer key', cookie: 'a=b', 'x-api-key': 'key', 'x-vendor-secret': 'key', 'idempotency-key': 'id', 'webhook-signature': 'v1,abc' }
    const back: string[] = []
    const second = await startLoopback(({ response }) => void response.writeHead(302, { location: back[0] }).end())
    const first = await startLoopback(({ path, response }) => (path === '/' ? response.writeHead(302, { location: second.url }).end() : response.end('home')))
    back.push(`${first.url}/home`)
    const egress = openEgress({ allow: [first.place, second.place] })
    expect(await (await egress.fetch(first.url, { headers: { ...secret, accept: 'text/html' } })).text()).toBe('home')
    expect(first.received[0]?.headers).toMatchObject(secret)
    for (const received of [second.received[0], first.received[1]]) {
      expect(received?.headers).toMatchObject({ accept: 'text/html', 'user-agent': 'reprise' })
      for (const name of Object.keys(secret)) expect(received?.headers).not.toHaveProperty(name)
    }
  })

  it.each([[301], [302], [303]])('by %i makes a POST a GET without its body', async (status) => {
    const { first, second, fetch } = await startPair(status)
    expect((await fetch(first.url, { method: 'POST', body: 'text', headers: { 'content-type': 'text/plain' } })).status).toBe(200)
    expect(second.received).toEqual([expect.objectContaining({ method: 'GET', path: '/landed', body: '' })])
    expect(second.received[0]?.headers).not.toHaveProperty('content-type')
  })

  it.each([[307], [308]])('by %i sends a body again to the same origin, and to no other', async (status) => {
    const server = await startLoopback(({ path, response }) => (path === '/mcp' ? response.writeHead(status, { location: '/mcp/' }).end() : response.end('there')))
    const same = await openEgress({ allow: [server.place] }).fetch(`${server.url}/mcp`, { method: 'POST', body: 'text' })
    expect(await same.text()).toBe('there')
    expect(server.received[1]).toMatchObject({ method: 'POST', path: '/mcp/', body: 'text' })

    const { first, second, fetch } = await startPair(status)
    const error = await failureOf(fetch(first.url, { method: 'POST', body: 'text' }))
    expect(error).toBeInstanceOf(EgressRefused)
    expect(second.sockets).toEqual([])
  })

  it('with a body that was a stream is refused', async () => {
    const server = await startLoopback(redirectTo('/again', 307))
    const body = new Blob(['text']).stream()
    const error = await failureOf(openEgress({ allow: [server.place] }).fetch(server.url, { method: 'POST', body, duplex: 'half' }))
    expect(error).toMatchObject({ name: 'EgressRefused', message: expect.stringContaining('cannot be sent again') })
    expect(server.received).toEqual([expect.objectContaining({ body: 'text' })])
  })

  it('too many are refused', async () => {
    const server = await startLoopback(redirectTo('/again'))
    const error = await failureOf(openEgress({ allow: [server.place] }).fetch(server.url, { redirectsMax: 3 }))
    expect(error).toMatchObject({ name: 'EgressRefused', message: expect.stringContaining('more than 3 redirects') })
    expect(server.received).toHaveLength(4)
  })

  it('is an answer like any other where none is to be followed', async () => {
    const { first, second, fetch } = await startPair(302)
    const egress = openEgress({ allow: [first.place, second.place] })
    expect(await egress.request(first.url, generously())).toMatchObject({ status: 302, bytes: Buffer.from('moved') })
    expect(await fetch(first.url, { redirect: 'manual' })).toMatchObject({ status: 302 })
    expect(await failureOf(fetch(first.url, { redirect: 'error' }))).toMatchObject({ name: 'EgressRefused', message: expect.stringContaining('not wanted') })
    expect(second.sockets).toEqual([])
  })

  it('is not read to an end that never comes', async () => {
    const server = await startLoopback(({ path, response }) => (path === '/' ? response.writeHead(302, { location: '/next' }).write('moved') : response.end('there')))
    expect(await (await openEgress({ allow: [server.place] }).fetch(server.url)).text()).toBe('there')
    await expect.poll(() => server.sockets[0]?.destroyed).toBe(true)
  })

  it('without a place to go to is an answer like any other', async () => {
    const server = await startLoopback(({ response }) => void response.writeHead(302).end('nowhere'))
    expect(await (await openEgress({ allow: [server.place] }).fetch(server.url)).text()).toBe('nowhere')
  })
})

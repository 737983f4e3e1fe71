import { describe, expect, it } from 'vitest'
import { EgressRefused } from '../../src/egress/egress-errors.ts'
import { createEgress } from '../../src/egress/egress.ts'
import { failureOf, generously, openEgress, startLoopback, watchAttempts } from './loopback.ts'

/** Of a block that was given back and is routed by nobody: public to the guard, an error at once to the network. */
const unreachable = { address: '3ffe::1', family: 6 }
const loopback = { address: '127.0.0.1', family: 4 }

async function expectRefused(work: Promise<unknown>, words: RegExp): Promise<void> {
  const error = await failureOf(work)
  expect(error).toBeInstanceOf(EgressRefused)
  expect(error).toMatchObject({ message: expect.stringMatching(words) })
}

describe('a url', () => {
  it.each([
    ['decimal', 'https://2130706433/'],
    ['octal', 'https://0177.0.0.1/'],
    ['hex', 'https://0x7f.0.0.1/'],
    ['one hex number', 'https://0x7f000001/'],
    ['short', 'https://127.1/'],
    ['with a final dot', 'https://127.0.0.1./'],
    ['in full-width digits', 'https://１２７.０.０.１/'],
    ['percent-encoded', 'https://%31%32%37.0.0.1/'],
    ['unspecified', 'https://0/'],
    ['private', 'https://10.1.2.3/'],
    ['metadata', 'https://169.254.169.254/latest/meta-data/'],
    ['metadata as one number', 'https://2852039166/'],
    ['IPv6 loopback', 'https://[::1]/'],
    ['IPv6 unspecified', 'https://[::]/'],
    ['IPv4-mapped', 'https://[::ffff:127.0.0.1]/'],
    ['IPv4-mapped in hex', 'https://[::ffff:7f00:1]/'],
    ['IPv4-compatible', 'https://[::7f00:1]/'],
    ['NAT64', 'https://[64:ff9b::127.0.0.1]/'],
    ['6to4', 'https://[2002:7f00:1::]/'],
    ['unique local', 'https://[fd00::1]/'],
    ['link-local', 'https://[fe80::1]/'],
    ['multicast', 'https://[ff02::1]/'],
    ['with a port', 'https://127.0.0.1:8443/'],
  ])('of an inward address is refused before a connection is tried (G1): %s', async (_what, url) => {
    const attempts = watchAttempts()
    const egress = openEgress()
    await expectRefused(egress.request(url, generously()), /the address is not public/)
    await expectRefused(egress.fetch(url), /the address is not public/)
    expect(attempts).toEqual([])
  })

  it.each([
    ['http', 'http://example.com/', /^Requests to example\.com are refused: only https/],
    ['ftp', 'ftp://example.com/', /scheme/],
    ['file', 'file:///etc/passwd', /scheme/],
    ['data', 'data:text/plain,hello', /scheme/],
    ['a user name', 'https://user@example.com/', /^Requests to example\.com are refused: .*user name or password/],
    ['a password', 'https://:secret@example.com/', /user name or password/],
    ['an IPv6 zone', 'https://[fe80::1%25eth0]/', /not a valid url/],
    ['no host', 'https://', /not a valid url/],
    ['words', 'not a url', /not a valid url/],
    ['a port of another protocol', 'https://example.com:25/', /another protocol/],
  ])('with %s is refused before its name is looked up', async (_what, url, words) => {
    const egress = openEgress({ lookup: () => expect.unreachable('it was looked up') })
    await expectRefused(egress.request(url, generously()), words)
    await expectRefused(egress.fetch(url), words)
  })

  it('with secrets is refused without telling them', async () => {
    for (const url of ['https://me:secret@example.com/secret?key=secret', 'http://example.com/secret?key=secret', 'https://10.0.0.1/secret?key=secret#secret']) {
      const error = await failureOf(openEgress().fetch(url, { headers: { authorization: 'Bearer secret' } }))
      expect(error).toBeInstanceOf(EgressRefused)
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('secret')
    }
  })
})

describe('a name', () => {
  it('of the machine itself is refused', async () => {
    const attempts = watchAttempts()
    await expectRefused(openEgress().request('https://localhost:8443/', generously()), /^Requests to localhost are refused: one of its addresses is not public/)
    expect(attempts).toEqual([])
  })

  it.each([
    ['one inward address', [loopback]],
    ['an inward address behind a public one', [unreachable, loopback]],
    ['an inward address before a public one', [loopback, unreachable]],
    ['a private IPv6 address', [unreachable, { address: 'fd00::1', family: 6 }]],
    ['an address that cannot be read', [{ address: 'fe80::1%eth0', family: 6 }]],
  ])('with %s is refused, and none of its addresses is tried or told (G3)', async (_what, addresses) => {
    const attempts = watchAttempts()
    const egress = openEgress({ lookup: async () => addresses })
    const error = await failureOf(egress.request('https://inner.test/', generously()))
    expect(error).toBeInstanceOf(EgressRefused)
    expect(String(error)).not.toMatch(/127|fd00|fe80/)
    expect(attempts).toEqual([])
  })

  it('that answers with another address when asked again is connected by the answer that was judged (G2)', async () => {
    const server = await startLoopback()
    const attempts = watchAttempts()
    let lookups = 0
    const egress = openEgress({ lookup: async () => (++lookups === 1 ? [unreachable] : [loopback]) })
    const abort = new AbortController()
    const request = failureOf(egress.request(`https://rebind.test:${server.port}/`, generously({ signal: abort.signal })))
    await expect.poll(() => attempts).toEqual(['3ffe::1'])
    abort.abort()
    await request
    expect({ lookups, attempts, sockets: server.sockets.length }).toEqual({ lookups: 1, attempts: ['3ffe::1'], sockets: 0 })
    await expectRefused(egress.request(`https://rebind.test:${server.port}/`, generously()), /not public/)
    expect({ lookups, attempts, sockets: server.sockets.length }).toEqual({ lookups: 2, attempts: ['3ffe::1'], sockets: 0 })
  })
})

describe('what the operator allows', () => {
  it('is asked by http, for whatever it resolves to', async () => {
    const server = await startLoopback(({ response }) => response.end('hello'))
    const place = `model.internal:${server.port}`
    const egress = openEgress({ allow: [place], lookup: async () => [loopback] })
    expect(await egress.request(`http://${place}/`, generously())).toMatchObject({ status: 200, bytes: Buffer.from('hello') })
  })

  it('is one host with one port, as the url names them (G4)', async () => {
    const server = await startLoopback()
    const other = await startLoopback()
    const egress = openEgress({ allow: [server.place] })
    await expectRefused(egress.fetch(other.url), /only https/)
    await expectRefused(egress.fetch(`http://localhost:${server.port}/`), /only https/)
    await expectRefused(egress.fetch(`https://localhost:${server.port}/`), /not public/)
    await expectRefused(egress.fetch(`https://${other.place}/`), /not public/)
    expect((await egress.fetch(server.url)).status).toBe(200)
    expect([server.sockets.length, other.sockets.length]).toEqual([1, 0])
  })

  it.each([['LOCALHOST:80', 'http://localhost/'], ['127.1:80', 'http://127.0.0.1/'], ['[0:0::1]:8080', 'http://[::1]:8080/'], ['localhost:443', 'https://localhost/']])(
    '%s is read as urls are',
    async (allow, url) => {
      const asked = new Error('it was asked')
      const attempts = watchAttempts()
      const egress = openEgress({ allow: [allow], lookup: () => Promise.reject(asked) })
      const error = await failureOf(egress.fetch(url))
      expect(error).not.toBeInstanceOf(EgressRefused)
      expect(attempts.length > 0 || (error as Error).cause === asked).toBe(true)
    },
  )

  it.each([['localhost'], ['http://localhost:80'], ['user@localhost:80'], ['localhost:80/path'], ['localhost:99999'], ['']])('must be host and port: %j', (text) => {
    expect(() => createEgress({ allow: [text] })).toThrow('must be host:port')
  })
})

it('no proxy of the environment gets between', async () => {
  const server = await startLoopback()
  const proxy = await startLoopback()
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']
  const before = Object.fromEntries(names.map((name) => [name, process.env[name]]))
  try {
    for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.url
    expect((await openEgress({ allow: [server.place] }).fetch(server.url)).status).toBe(200)
  } finally {
    for (const name of names) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
  expect([server.received.length, proxy.sockets.length]).toEqual([1, 0])
})

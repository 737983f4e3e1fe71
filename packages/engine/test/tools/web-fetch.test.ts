import { createCompute, type Compute } from '@reprise/compute'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ToolOutcome } from '../../src/tools/tool.ts'
import { createWebFetch } from '../../src/tools/web-fetch.ts'
import { findClosedPort, openEgress, startLoopback, type Answering } from '../egress/loopback.ts'
import { toolContext } from './tool-context.ts'

let compute: Compute
beforeAll(() => {
  compute = createCompute({ threads: 1 })
})
afterAll(() => compute.stop())

interface Fetch {
  url: string
  allow?: string[]
  config?: Record<string, unknown>
  args?: Record<string, unknown>
}

async function fetchUrl({ url, allow = [new URL(url).host], config = {}, args = {} }: Fetch): Promise<ToolOutcome> {
  const capability = createWebFetch({ egress: openEgress({ allow }), compute })
  const [tool] = typeof capability.tools === 'function' ? capability.tools(config) : capability.tools
  return await tool!.run({ url, ...args }, toolContext())
}

async function serve(type: string | null, body: string | Buffer, status = 200): Promise<string> {
  const server = await startLoopback(({ response }) => void response.writeHead(status, type === null ? {} : { 'content-type': type }).end(body))
  return `${server.url}/page`
}

describe('web_fetch', () => {
  it('reads a page as Markdown, with its title and where it was', async () => {
    const url = await serve('text/html; charset=utf-8', '<title>Tides</title><h1>Tides</h1><p>High at <a href="/n">noon</a>.</p><nav>menu</nav>')
    expect(await fetchUrl({ url })).toEqual({ ok: true, result: { url, title: 'Tides', content: `# Tides\n\nHigh at [noon](${new URL('/n', url).href}).` } })
  })

  it.each([
    ['plain text', 'text/plain', 'as <b>it</b> is'],
    ['Markdown', 'text/markdown; charset=utf-8', '# Zoë\n\n* a'],
    ['JSON', 'application/problem+json', '{"a": 1.0}'],
    ['what says nothing', null, 'words'],
  ])('leaves %s as it is', async (_what, type, body) => {
    const url = await serve(type, body)
    expect(await fetchUrl({ url })).toEqual({ ok: true, result: { url, content: body } })
  })

  it('decodes as the header says', async () => {
    const url = await serve('text/html; charset="ISO-8859-1"', Buffer.from('<p>Zo\xeb', 'latin1'))
    expect(await fetchUrl({ url })).toMatchObject({ result: { content: 'Zoë' } })
  })

  it('answers an image as an image', async () => {
    const url = await serve('image/png', Buffer.from('bytes'))
    expect(await fetchUrl({ url })).toEqual({ ok: true, result: { url, image: { type: 'image', data: Buffer.from('bytes').toString('base64'), mimeType: 'image/png' } } })
  })

  it('shows a long text in parts, and says how to go on', async () => {
    const url = await serve('text/plain', '0123456789')
    expect(await fetchUrl({ url, args: { max_characters: 4 } })).toMatchObject({ result: { content: '0123\n\n[truncated: characters 0 to 4 of 10 are shown; go on with start_index 4]' } })
    expect(await fetchUrl({ url, args: { start_index: 4 }, config: { max_characters: 3 } })).toMatchObject({ result: { content: '456\n\n[truncated: characters 4 to 7 of 10 are shown; go on with start_index 7]' } })
    expect(await fetchUrl({ url, args: { start_index: 7 } })).toMatchObject({ result: { content: '789' } })
  })

  it('says when only the beginning was read', async () => {
    const url = await serve('text/plain', Buffer.alloc(11 * 1024 * 1024, 'a'))
    expect(await fetchUrl({ url, args: { max_characters: 1 } })).toMatchObject({ result: { content: expect.stringMatching(/only the first 10485760 bytes were read\]$/) } })
    const image = await serve('image/png', Buffer.alloc(11 * 1024 * 1024, 'a'))
    expect(await fetchUrl({ url: image })).toEqual({ ok: false, error: 'The image is larger than 10485760 bytes.' })
  })

  it('asks as Reprise, once', async () => {
    const server = await startLoopback(({ response }) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('x'))
    await fetchUrl({ url: `${server.url}/a?b=c#d` })
    expect(server.received).toMatchObject([{ method: 'GET', path: '/a?b=c', headers: { 'user-agent': 'Reprise' } }])
  })

  it.each([
    ['404', 404, 'text/html', '<p>none</p>', 'The server answered 404.'],
    ['500', 500, 'text/plain', 'no', 'The server answered 500.'],
    ['a PDF', 200, 'application/pdf', '%PDF', 'The content type "application/pdf" cannot be read: only pages, text, JSON and images.'],
    ['bytes of no type', 200, null, '\0\0', 'The content type "application/octet-stream" cannot be read: only pages, text, JSON and images.'],
  ])('tells of %s in words', async (_what, status, type, body, error) => {
    expect(await fetchUrl({ url: await serve(type, body, status) })).toEqual({ ok: false, error })
  })

  it.each([
    ['an inward address', 'https://127.0.0.1/', /not public/],
    ['plain http', 'http://example.org/', /only https/],
    ['a file', 'file:///etc/passwd', /not https/],
    ['a password in the url', 'https://a:b@example.org/', /user name or password/],
    ['what is no url', 'example', /must be an absolute https url/],
  ])('refuses %s', async (_what, url, error) => {
    expect(await fetchUrl({ url, allow: [] })).toEqual({ ok: false, error: expect.stringMatching(error) })
  })

  it('tells of a server that is not there', async () => {
    const url = `http://127.0.0.1:${await findClosedPort()}/`
    expect(await fetchUrl({ url })).toEqual({ ok: false, error: expect.stringMatching(/^The page could not be fetched: /) })
  })
})

describe('a redirect', () => {
  const redirect = (location: string) => startLoopback(({ response, path }: Answering) => {
    if (path === '/there') response.writeHead(200, { 'content-type': 'text/html' }).end('<a href="x">y</a>')
    else response.writeHead(302, { location }).end()
  })

  it('is followed, and links are those of where it led', async () => {
    const { url } = await redirect('/there')
    expect(await fetchUrl({ url })).toEqual({ ok: true, result: { url: `${url}/there`, content: `[y](${url}/x)` } })
  })

  it.each([
    ['inward', 'https://169.254.169.254/latest', /not public/],
    ['for ever', '/', /more than 5 redirects/],
    ['to no url', 'http://', /no url/],
  ])('that leads %s is refused', async (_where, location, error) => {
    const { url } = await redirect(location)
    expect(await fetchUrl({ url })).toEqual({ ok: false, error: expect.stringMatching(error) })
  })

  it('does not lead to a domain that is forbidden', async () => {
    const { url, port, received } = await redirect('')
    const elsewhere = await startLoopback(({ response }) => void response.writeHead(302, { location: `${url}/there` }).end())
    const from = elsewhere.url.replace('127.0.0.1', 'localhost')
    const answer = await fetchUrl({ url: from, allow: [`localhost:${elsewhere.port}`, `127.0.0.1:${port}`], config: { allowed_domains: ['localhost'] } })
    expect(answer).toEqual({ ok: false, error: `127.0.0.1:${port} is not among the domains that may be fetched.` })
    expect(received).toEqual([])
  })
})

describe('its config', () => {
  it.each([
    [{ allowed_domains: ['example.org'] }, 'https://example.com/', true],
    [{ allowed_domains: ['example.org'] }, 'https://notexample.org/', true],
    [{ allowed_domains: [] }, 'https://example.org/', true],
    [{ blocked_domains: ['Example.ORG'] }, 'https://a.b.example.org./x', true],
    [{ allowed_domains: ['localhost'] }, 'https://x.localhost:1/', false],
    [{ blocked_domains: ['example.org'] }, 'https://localhost:1/', false],
  ])('%j decides of %s', async (config, url, isForbidden) => {
    const answer = await fetchUrl({ url, allow: [], config })
    expect(answer.ok).toBe(false)
    expect(JSON.stringify(answer).includes('is not among the domains')).toBe(isForbidden)
  })

  it('that cannot be read gives no tool', () => {
    const { tools } = createWebFetch({ egress: openEgress(), compute })
    expect(typeof tools === 'function' && tools({ blocked_domains: 'example.org' })).toEqual([])
  })
})

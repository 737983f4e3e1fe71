import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type TestServer } from '../../../packages/api/test/support/start-server.ts'
import { createConsoleBuild } from '../src/console/console-build.ts'
import { registerConsole } from '../src/console/register-console.ts'

const script = `${'export const answer = 42;\n'.repeat(100)}`
let folder: string
let server: TestServer
/** What is asked for the folder. */
let builtConsole: () => Promise<string | null>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-console-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script nonce="__CSP_NONCE__" src="/assets/main-1.js"></script>')
  await writeFile(join(folder, 'assets/main-1.js'), script)
  await writeFile(join(folder, 'assets/main-1.js.gz'), gzipSync(script))
  server = await startServer({ pages: async (scope) => registerConsole(scope, () => builtConsole()) })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const serveFolder = () => (builtConsole = async () => folder)

/** Without what fetch does to a path, and to a body. */
async function ask(path: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {}) {
  return await new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode!, headers: response.headers, body }), reject)
    })
    asking.on('error', reject).end()
  })
}

describe('the page', () => {
  it.each(['/', '/sessions', '/sessions/sess_1', '/turns/turn_1', '/operations', '/operations/workers', '/settings/agents/agent_1?x=1'])('is at %s, with a policy whose nonce is new each time', async (path) => {
    serveFolder()
    const [one, other] = [await ask(path), await ask(path)]
    const nonces = [one, other].map(({ headers, body }) => {
      const policy = String(headers['content-security-policy'])
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1]
      expect(policy).toContain(`default-src 'none'`)
      expect(policy).toContain(`script-src 'self';`)
      expect(policy).toContain(`frame-ancestors 'none'`)
      expect(body).toContain(`<script nonce="${nonce}"`)
      expect(body).not.toContain('__CSP_NONCE__')
      return nonce
    })
    expect(nonces[0]).toMatch(/^[A-Za-z0-9+/]{22}==$/)
    expect(nonces[0]).not.toBe(nonces[1])
    expect(one).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin', 'cross-origin-opener-policy': 'same-origin', 'x-request-id': expect.stringMatching(/\S/) },
    })
  })

  it('answers HEAD without a body', async () => {
    serveFolder()
    const { status, headers, body } = await ask('/sessions', { method: 'HEAD' })
    expect({ status, body }).toEqual({ status: 200, body: '' })
    expect(headers['content-security-policy']).toMatch(/nonce/)
  })

  it('takes no other method, and says which it takes', async () => {
    serveFolder()
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { status, headers, body } = await ask('/sessions', { method })
      expect(status, method).toBe(405)
      expect(headers['allow']).toBe('GET, HEAD')
      expect(JSON.parse(body)).toMatchObject({ code: 'method_not_allowed' })
    }
  })

  it('is shown to who follows a link from another site: it holds nobody’s data', async () => {
    serveFolder()
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', referer: 'https://elsewhere.example/' }
    expect(await ask('/sessions/sess_1', { headers })).toMatchObject({ status: 200 })
    for (const [path, mode] of [['/sessions/sess_1', 'no-cors'], ['/v1/sessions', 'navigate']] as const) {
      expect((await ask(path, { headers: { ...headers, 'sec-fetch-mode': mode } })).status, path).toBe(403)
    }
  })

  it('404: where no page is, the answer is a problem', async () => {
    serveFolder()
    for (const path of ['/session', '/sessionsx', '/index.html', '/fingerprint', '/turns']) {
      const { status, headers, body } = await ask(path)
      expect(status, path).toBe(404)
      expect(headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(JSON.parse(body)).toMatchObject({ code: 'not_found' })
    }
  })
})

describe('what belongs to the page', () => {
  it('is kept for ever, and comes compressed to who takes it so', async () => {
    serveFolder()
    const plain = await ask('/assets/main-1.js')
    expect(plain).toMatchObject({ status: 200, body: script, headers: { 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' } })
    expect(plain.headers['content-type']).toMatch(/javascript/)
    expect(plain.headers['content-encoding']).toBeUndefined()
    const packed = await ask('/assets/main-1.js', { headers: { 'accept-encoding': 'gzip, br' } })
    expect(packed).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip', vary: expect.stringMatching(/accept-encoding/i), 'content-length': String(gzipSync(script).length) } })
    for (const answer of [plain, packed]) expect(answer.headers['content-type']).toMatch(/javascript/)
  })

  it.each(['/assets/../index.html', '/assets/..%2findex.html', '/assets/%2e%2e%2findex.html', '/assets/..%5cindex.html', '/assets/....//index.html', '/assets/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd', '/assets/%00main-1.js', '/assets/', '/assets/.', '/assets/missing.js'])(
    '404 or 400: nothing else is reached by %s',
    async (path) => {
      serveFolder()
      const { status, headers, body } = await ask(path)
      expect([400, 403, 404]).toContain(status)
      expect(body).not.toMatch(/doctype|root:/)
      expect(headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(headers['cache-control'] ?? '').not.toMatch(/immutable|max-age=[1-9]/)
    },
  )
})

describe('while the console is being built', () => {
  it('a page waits for it', async () => {
    const building = Promise.withResolvers<string>()
    builtConsole = () => building.promise
    const asked = ask('/')
    const asset = ask('/assets/main-1.js')
    expect(await Promise.race([asked, asset, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])).toBe('waits')
    expect((await ask('/v1/models')).status).toBe(200)
    building.resolve(folder)
    expect((await asked).status).toBe(200)
    expect((await asset).status).toBe(200)
  })

  it('503: where it cannot be built the page says so, the API goes on, and whoever asks next has it tried again', async () => {
    const logged: unknown[] = []
    let isDiskFull = true
    builtConsole = createConsoleBuild({ error: (fields: unknown) => void logged.push(fields) }, async () => {
      if (isDiskFull) throw new Error('the disk is full')
      return folder
    })
    const [page, asset] = await Promise.all([ask('/'), ask('/assets/main-1.js')])
    for (const { status, headers, body } of [page, asset]) {
      expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '10' })
      expect(body).toContain('could not be built')
      expect(body).not.toContain('disk')
    }
    expect(JSON.stringify(logged, (_key, value: unknown) => (value instanceof Error ? value.message : value))).toContain('the disk is full')
    expect((await ask('/v1/models')).status).toBe(200)
    isDiskFull = false
    expect((await ask('/')).status).toBe(200)
    isDiskFull = true
    expect((await ask('/')).status).toBe(200)
  })
})

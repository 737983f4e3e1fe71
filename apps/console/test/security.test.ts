import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { createSession, postScript, postText } from './support/sessions.ts'
import { startConsole } from './support/start-console.ts'

let server: TestServer
let browser: Browser
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startConsole(), launchBrowser()])
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
})

const hostile = [
  '<img src=x onerror="canary()">',
  '<script>canary()</script>',
  '<svg onload=canary()>',
  '[link](javascript:canary())',
  '![picture](https://elsewhere.example/pixel.png?secret)',
  '<iframe srcdoc="<script>parent.canary()</script>"></iframe>',
  '<a href="javascript:canary()">x</a>',
  '{{constructor.constructor("canary()")()}}',
].join('\n\n')

/** Fails when any of the hostile text was run, or anything from elsewhere was asked for. */
async function guard(page: Page): Promise<() => Promise<void>> {
  const foreign: string[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== server.url && !['blob:', 'data:'].includes(url.protocol)) foreign.push(request.url())
  })
  await page.addInitScript(() => Object.assign(window, { canary: () => Object.assign(window, { wasRun: true }) }))
  return async () => {
    expect(await page.evaluate(() => 'wasRun' in window)).toBe(false)
    expect(await page.locator('a[href^="javascript:"], iframe, script:not([src])').count()).toBe(0)
    expect(foreign).toEqual([])
  }
}

describe('hostile text', () => {
  it('of user, model, thinking, tool names, arguments, results and errors, titles and tags is text', async () => {
    const tools = [{ type: 'client_side', name: 'hostile', description: hostile, parameters: { type: 'object' } }]
    const session_id = await createSession(server.url, { title: hostile.slice(0, 200), tags: [hostile.slice(0, 100)], capabilities: [{ ref: 'calculator' }], tools })
    await postText(server.url, session_id, hostile)
    await postScript(server.url, session_id, [{ thinking: hostile, text: hostile, tool_calls: [{ name: 'calculator', arguments: { expression: hostile } }, { name: hostile.slice(0, 60), arguments: { hostile } }] }, { text: hostile, tool_calls: [{ name: 'hostile', arguments: { hostile } }] }])
    const { page, close } = await openPage(browser, 'about:blank')
    const check = await guard(page)
    await page.goto(`${server.url}/sessions/${session_id}`)
    await page.getByRole('region', { name: 'The session waits for you' }).waitFor()
    for (const thoughts of await page.getByRole('button', { name: 'Thoughts' }).all()) await thoughts.click()
    for (const call of await page.getByRole('list', { name: 'Tool calls' }).getByRole('button').all()) await call.click()
    await check()
    await close()
  })
})

describe('the page', () => {
  it('runs nothing that its own server did not give it, and is shown in no frame', async () => {
    const { page, close } = await openPage(browser, server.url, { expected: /Content Security Policy|Refused|TrustedScript|TrustedHTML|blocked/i })
    await page.getByRole('heading', { name: 'Sessions' }).waitFor()
    const refused = await page.evaluate(() => {
      const wasRefused = (run: () => void) => {
        try {
          run()
          return false
        } catch {
          return true
        }
      }
      const script = document.createElement('script')
      return {
        markup: wasRefused(() => void (document.body.innerHTML = '<b>x</b>')),
        script: wasRefused(() => void (script.text = 'window.wasRun = true')),
      }
    })
    expect(refused).toEqual({ markup: true, script: true })
    await close()
    const { headers } = await fetch(server.url)
    expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/)
  })

  it('of somebody else can neither read nor write here', async () => {
    const other = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const elsewhere = `http://localhost:${(other.address() as AddressInfo).port}` // it listens on TCP
    const { page, context } = await openPage(browser, elsewhere, { expected: /./ })
    const before = await countSessions()
    const read = await page.evaluate(async (url) => {
      const attempts = [fetch(`${url}/v1/sessions`, { credentials: 'include' }), fetch(`${url}/v1/sessions`, { method: 'POST', mode: 'no-cors', body: '{}' }), fetch(`${url}/trpc/sessions.create`, { method: 'POST', mode: 'no-cors', body: '{}' })]
      return (await Promise.allSettled(attempts)).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.type : 'refused'))
    }, server.url)
    expect(read).toEqual(['refused', 'opaque', 'opaque'])
    expect(await countSessions()).toBe(before)
    await context.close()
    other.close()
  })
})

async function countSessions(): Promise<number> {
  return ((await (await fetch(`${server.url}/v1/sessions`)).json()) as { total: number }).total
}

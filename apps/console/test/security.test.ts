import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretKey } from '../../../packages/api/test/support/providers.ts'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { startOpenAiServer } from '../../../packages/engine/test/protocol/openai-server.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { createSession, postScript, postText } from './support/sessions.ts'
import { startConsole } from './support/start-console.ts'

let vendor: Awaited<ReturnType<typeof startOpenAiServer>>
let server: TestServer
let browser: Browser
beforeAll(async () => {
  vendor = await startOpenAiServer({ key: null })
  ;[server, browser] = await Promise.all([startConsole({ engine: { egressAllow: [vendor.place] } }), launchBrowser()])
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
  await vendor.close()
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
async function guard(page: Page, { url: own } = server): Promise<() => Promise<void>> {
  const foreign: string[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== own && !['blob:', 'data:'].includes(url.protocol)) foreign.push(request.url())
  })
  await page.addInitScript(() => Object.assign(window, { canary: () => Object.assign(window, { wasRun: true }) }))
  return async () => {
    expect(await page.evaluate(() => 'wasRun' in window)).toBe(false)
    expect(await page.locator('a[href^="javascript:"], iframe, [srcdoc], [onload], [onerror], img[src="x"], script:not([src])').count()).toBe(0)
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

  it('that a provider answers with is text, wherever a turn is seen and where it failed', async () => {
    const provider = await call<{ id: string }>(server, 'providers', { name: hostile.slice(0, 128), provider_type: 'openai_compatible', base_url: vendor.url })
    const model = await call<{ id: string }>(server, `providers/${provider.id}/models`, { model: hostile.slice(0, 256), display_name: hostile.slice(0, 256), is_default: false })
    const session_id = await createSession(server.url, { model_id: model.id, capabilities: [{ ref: 'calculator' }] })
    vendor.queue({ says: [{ thinking: hostile }, hostile, { call: 'calculator', arguments: { expression: hostile } }] }, { fault: { kind: 'status', status: 400, body: JSON.stringify({ error: { message: hostile, code: hostile, type: hostile } }) } })
    const { turn_id } = await postText(server.url, session_id, hostile)
    const { page, close } = await openPage(browser, 'about:blank')
    const check = await guard(page)
    await page.goto(`${server.url}/turns/${turn_id}`)
    await page.getByText('failed', { exact: true }).first().waitFor()
    const steps = page.getByRole('list', { name: 'Steps of the turn' }).getByRole('listitem')
    for (let index = 0; index < (await steps.count()); index++) {
      await steps.nth(index).getByRole('button').first().click()
      for (const sent of await page.getByRole('button', { name: 'Show what was sent' }).all()) await sent.click()
    }
    await page.getByRole('tab', { name: /Events/ }).click()
    for (const event of (await page.getByRole('tabpanel').getByRole('button', { expanded: false }).all()).slice(0, 8)) await event.click()
    await check()
    await page.goto(`${server.url}/operations`)
    await page.getByRole('region', { name: 'Dead letters' }).getByText('provider_error').waitFor()
    await check()
    await page.goto(`${server.url}/settings/models`)
    await page.getByRole('button', { name: /^Try it: .*img/ }).click()
    await page.getByText(/You said:/).waitFor()
    await check()
    await close()
  })

  it('of whoever sets up agents, tools, webhooks, schedules, keys and the organization is text', async () => {
    const engine = { secretKeys: [secretKey], egressAllow: [vendor.place], mcpServers: { files: { command: 'node', description: hostile } }, capabilities: [{ ref: 'hostile', description: hostile, tools: [] }] }
    const setUp = await startConsole({ engine })
    const text = hostile.slice(0, 200)
    const message = { content: [{ type: 'text', text: hostile }] }
    await call(setUp, 'organization', { name: text.slice(0, 100) }, 'PATCH')
    const parameters = { type: 'object', title: hostile, properties: { [hostile]: { type: 'string', description: hostile } } }
    const agent = await call<{ id: string }>(setUp, 'agents', { name: 'hostile', display_name: text, description: text, system_prompt: hostile, tags: [text.slice(0, 64)], tools: [{ type: 'client_side', name: 'hostile', description: hostile, parameters }] })
    const session_id = await createSession(setUp.url, { agent_id: agent.id, title: text })
    await call(setUp, 'providers', { name: text.slice(0, 128), provider_type: 'openai_compatible', base_url: vendor.url })
    await call(setUp, 'webhooks', { url: `${vendor.url}/?<script>canary()</script>`, description: text, events: ['turn.completed'] })
    await call(setUp, 'schedules', { session_id, name: text, message, cron: '0 0 1 1 *' })
    const { secret } = await call<{ secret: string }>(setUp, 'keys', { name: text.slice(0, 100), scopes: ['admin'] })
    const { page, close } = await openPage(browser, setUp.url)
    const check = await guard(page, setUp)
    await page.getByLabel('API key').first().fill(secret)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Sessions' }).waitFor()
    const pages = ['agents', `agents/${agent.id}`, 'models', 'capabilities', 'mcp-servers', 'keys', 'webhooks', 'schedules', 'organization']
    for (const path of pages) {
      await page.goto(`${setUp.url}/settings/${path}`)
      const shown = path === 'organization' || path.startsWith('agents/') ? page.locator(':is(input, textarea)').first() : page.getByText('<img src=x').first()
      await shown.waitFor()
      await page.locator('main button[aria-expanded="false"]').evaluateAll((buttons) => buttons.forEach((button) => (button as HTMLButtonElement).click()))
      await check()
    }
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Go to, do, or find a session').fill('img')
    await page.getByRole('dialog').getByText('<img src=x').first().waitFor()
    await check()
    await close()
    await setUp.close()
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

async function call<T>({ url }: TestServer, path: string, body: object, method = 'POST'): Promise<T> {
  const response = await fetch(`${url}/v1/${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T // by the contract
}

async function countSessions(): Promise<number> {
  return ((await (await fetch(`${server.url}/v1/sessions`)).json()) as { total: number }).total
}

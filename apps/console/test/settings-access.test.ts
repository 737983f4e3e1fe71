import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage, phone } from './support/browser.ts'
import { expectAccessible } from './support/check-accessibility.ts'
import { createSession } from './support/sessions.ts'
import { startConsole } from './support/start-console.ts'

let server: TestServer
let browser: Browser
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startConsole(), launchBrowser()])
  const session_id = await createSession(server.url, { title: 'Mornings' })
  await create('agents', { name: 'helper', system_prompt: 'You help.', description: 'Helps', capabilities: [{ ref: 'calculator' }], mcpServers: { docs: { url: 'https://docs.example/mcp' } } })
  await create('schedules', { session_id, message: { content: [{ type: 'text', text: 'What is new?' }] }, cron: '0 9 * * 1-5' })
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
})

async function create(path: string, body: object): Promise<void> {
  const { status } = await fetch(`${server.url}/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(status).toBe(201)
}

it.each(['agents', 'agents/new', 'models', 'capabilities', 'mcp-servers', 'keys', 'webhooks', 'schedules', 'organization'])('%s is accessible, and scrolls no way but down', async (path) => {
  for (const look of [{ colorScheme: 'light' }, { colorScheme: 'dark', viewport: phone }] as const) {
    const { page, close } = await openPage(browser, `${server.url}/settings/${path}`, look)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expect.poll(() => page.getByLabel('Loading').count()).toBe(0)
    await expectAccessible(page)
    const current = page.getByRole('navigation', { name: 'Settings' }).locator('[aria-current=page]')
    await expect.poll(() => current.evaluate((link) => link.getBoundingClientRect().right <= window.innerWidth), { message: 'the menu shows where one is' }).toBe(true)
    const cut = await page.locator('main :is(button, a), main button *').evaluateAll((controls) => controls.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1).map(({ textContent }) => textContent))
    expect(cut, 'no control is cut off').toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing scrolls sideways').toBe(true)
    await close()
  }
})

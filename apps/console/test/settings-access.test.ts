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

const sections = ['Agents', 'Models', 'Capabilities', 'MCP servers', 'API keys', 'Webhooks', 'Schedules', 'Organization']

it.each([{ colorScheme: 'light' }, { colorScheme: 'dark', viewport: phone }] as const)('every section is accessible, scrolls no way but down, and cuts nothing off: %o', async (look) => {
  const { page, close } = await openPage(browser, `${server.url}/settings/agents`, look)
  const menu = page.getByRole('navigation', { name: 'Settings' })
  const expectWellMade = async (heading: string) => {
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await expect.poll(() => page.getByLabel('Loading').count()).toBe(0)
    await expectAccessible(page)
    const current = menu.locator('[aria-current=page]')
    await expect.poll(() => current.evaluate((link) => link.getBoundingClientRect().right <= window.innerWidth), { message: `the menu shows where one is: ${heading}` }).toBe(true)
    const cut = await page.locator('main :is(button, a), main button *').evaluateAll((controls) => controls.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1).map(({ textContent }) => textContent))
    expect(cut, `no control is cut off: ${heading}`).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `nothing scrolls sideways: ${heading}`).toBe(true)
  }
  for (const section of sections) {
    await menu.getByRole('link', { name: section }).click()
    await expectWellMade(section)
  }
  await menu.getByRole('link', { name: 'Agents' }).click()
  await page.getByRole('link', { name: 'Agent', exact: true }).click()
  await expectWellMade('New agent')
  await close()
})

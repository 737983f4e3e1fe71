import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { expectAccessible } from './support/check-accessibility.ts'
import { createSession } from './support/sessions.ts'
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

it('anything is gone to and done by a few letters', async () => {
  const id = await createSession(server.url, { title: 'Harbour report' })
  const { page, close } = await openPage(browser, `${server.url}/operations`, { colorScheme: 'light' })
  await page.getByRole('heading', { name: 'Operations' }).waitFor()
  const command = page.getByRole('textbox', { name: 'Command' }).or(page.getByRole('combobox', { name: 'Command' }))
  await page.getByRole('button', { name: 'Go to anything' }).click()
  await command.fill('harb')
  await page.getByText('Harbour report').waitFor()
  await expectAccessible(page)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname.endsWith(id))
  await page.keyboard.press('Control+k')
  await command.fill('webhooks')
  await page.keyboard.press('Enter')
  await page.waitForURL(/settings\/webhooks$/)
  await page.keyboard.press('Control+k')
  await command.fill('dark')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset['mantineColorScheme'])).toBe('dark')
  await page.keyboard.press('Shift+?')
  await page.getByText('Keyboard shortcuts').waitFor()
  await page.keyboard.press('Escape')
  await close()
})

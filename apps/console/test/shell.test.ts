import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage, phone } from './support/browser.ts'
import { expectAccessible } from './support/check-accessibility.ts'
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

describe('the frame', () => {
  it.each(['/', '/sessions', '/operations', '/settings', '/turns/turn_1'])('shows %s, by its address alone', async (path) => {
    const { page, close } = await openPage(browser, server.url + path)
    await page.getByRole('navigation', { name: 'Areas' }).waitFor()
    await close()
  })

  it('is accessible, in light and dark, on a desk and on a phone', async () => {
    for (const look of [{ colorScheme: 'light' }, { colorScheme: 'dark', viewport: phone }] as const) {
      const { page, close } = await openPage(browser, server.url, look)
      await page.getByRole('link', { name: /First steps|Session/ }).first().waitFor()
      await expectAccessible(page)
      await close()
    }
  })
})

describe('a server that asks for a key', () => {
  it('is entered by it once, and left by logging out', async () => {
    const closed = await startConsole({ access: { api_key: 'the-key', cors_origins: [] } })
    const { page, context, close } = await openPage(browser, closed.url, { expected: /401/ })
    await page.getByLabel('API key').first().fill('another')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('The API key is not known').waitFor()
    await page.getByLabel('API key').first().fill('the-key')
    await page.keyboard.press('Enter')
    await page.getByRole('navigation', { name: 'Areas' }).waitFor()
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    await page.reload()
    await page.getByRole('button', { name: /^Log out/ }).click()
    await page.getByRole('button', { name: 'Log in' }).waitFor()
    await close()
    await closed.close()
  })
})

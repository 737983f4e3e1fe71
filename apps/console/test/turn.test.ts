import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage, phone } from './support/browser.ts'
import { expectAccessible } from './support/check-accessibility.ts'
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

it('a turn is followed while it runs: its steps, what they were given and gave, and its events', async () => {
  const session_id = await createSession(server.url, { capabilities: [{ ref: 'calculator' }] })
  const { turn_id } = await postScript(server.url, session_id, [{ text: 'I look.', ttft_ms: 300, tool_calls: [{ name: 'calculator', arguments: { expression: '6 * 7' } }] }, { text: 'It is 42.', ttft_ms: 6_000 }], 'What is it?\n')
  const { page, context, close } = await openPage(browser, `${server.url}/turns/${turn_id}`, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.getByText('running', { exact: true }).waitFor()
  await page.getByText('completed', { exact: true }).waitFor()
  const steps = page.getByRole('list', { name: 'Steps of the turn' }).locator('button[aria-expanded]')
  await expect.poll(() => steps.allTextContents()).toEqual([expect.stringContaining('Waiting'), expect.stringMatching(/sim.*first token after/), expect.stringContaining('calculator'), expect.stringContaining('sim')])
  await steps.nth(2).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('group', { name: 'Arguments', exact: true }).getByText('6 * 7').waitFor()
  await steps.nth(3).click()
  await page.getByRole('group', { name: 'What came back' }).getByText('It is 42.').waitFor()
  await page.getByRole('button', { name: 'Show what was sent' }).click()
  const sent = page.getByRole('region', { name: 'What was sent' })
  await sent.getByText('exactly this').waitFor()
  await sent.getByRole('group', { name: 'Messages' }).getByText('What is it?').waitFor()
  await sent.getByRole('tab', { name: 'Tools (1)' }).click()
  await sent.getByRole('group', { name: 'Tools' }).getByText('"calculator"').waitFor()
  await page.getByRole('tab', { name: /Events/ }).click()
  await page.getByRole('textbox', { name: 'Text' }).fill('6 * 7')
  await expect.poll(() => page.getByRole('list', { name: 'Events' }).getByRole('button').count()).toBeGreaterThan(0)
  await page.getByRole('button', { name: 'Copy as curl' }).click()
  const curl = await page.evaluate(() => navigator.clipboard.readText())
  const url = /'(.*)'/.exec(curl)![1]!
  expect(((await (await fetch(url)).json()) as { data: unknown[] }).data.length).toBeGreaterThan(0)
  await context.clearPermissions()
  await close()
})

it('a failed turn says why, and is tried again in a new one', async () => {
  const session_id = await createSession(server.url)
  const { turn_id } = await postText(server.url, session_id, '```sim\nno script\n```')
  const { page, close } = await openPage(browser, `${server.url}/turns/${turn_id}`)
  await page.getByText('failed', { exact: true }).first().waitFor()
  await page.getByText(/sim script: not valid JSON/).first().waitFor()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.waitForURL((address) => !address.pathname.endsWith(turn_id!))
  await page.getByText('the failed turn').waitFor()
  await close()
})

it.each([{ colorScheme: 'light' }, { colorScheme: 'dark', viewport: phone }] as const)('a turn is accessible: %o', async (look) => {
  const session_id = await createSession(server.url)
  const { turn_id } = await postScript(server.url, session_id, [{ text: 'Hello.' }])
  const { page, close } = await openPage(browser, `${server.url}/turns/${turn_id}`, look)
  await page.getByRole('list', { name: 'Steps of the turn' }).getByRole('button').last().click()
  await expectAccessible(page)
  await page.getByRole('tab', { name: /Events/ }).click()
  await expectAccessible(page)
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing scrolls sideways').toBe(true)
  await close()
})

it('a turn that is not there is said to be so', async () => {
  const { page, close } = await openPage(browser, `${server.url}/turns/turn_${'0'.repeat(32)}`, { expected: /404/ })
  await page.getByText('Turn not found').waitFor()
  await close()
})

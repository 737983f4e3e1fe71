import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { HostFolder } from '../../host/test/support/host-folder.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { createSession, postScript, readAnswers } from './support/sessions.ts'

let folder: HostFolder
let browser: Browser
beforeAll(async () => {
  ;[folder, browser] = await Promise.all([HostFolder.create(), launchBrowser()])
}, 60_000)
afterAll(async () => {
  await browser.close()
  await folder.remove()
})

it('a server that is killed in the middle of an answer and started again ends it, and the page has it exactly, once', async () => {
  const first = await folder.start()
  const session_id = await createSession(first.address)
  const { page, close } = await openPage(browser, `${first.address}/sessions/${session_id}`, { expected: /Failed to load resource|ERR_/ })
  await page.getByText('Nothing has been said yet').waitFor({ timeout: 15_000 })
  const words = Array.from({ length: 150 }, (_, index) => `word${index}`).join(' ')
  await postScript(first.address, session_id, [{ text: words, tokens_per_second: 60 }])
  const answer = page.getByRole('article', { name: 'Answer' })
  await answer.getByText('word8 ').waitFor()
  first.signal('SIGKILL')
  await first.ended
  await page.getByText('Not connected.').waitFor()
  // It says so for a moment only, which may be over before the start is heard of here.
  const saysSo = page.getByText(/Connected again: nothing was lost/).waitFor({ timeout: 30_000 })
  await Promise.all([saysSo, folder.start({ PORT: new URL(first.address).port })])
  await answer.getByText('word149').waitFor({ timeout: 15_000 })
  expect(await answer.count()).toBe(1)
  expect((await answer.locator('p').allTextContents()).join('')).toBe(words)
  expect(await readAnswers(first.address, session_id)).toEqual([words])
  await close()
}, 60_000)

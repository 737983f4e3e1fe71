import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { startProxy } from '../../../packages/client/test/support/start-proxy.ts'
import { launchBrowser, openPage, phone } from './support/browser.ts'
import { expectAccessible } from './support/check-accessibility.ts'
import { createSession, postScript, postText, readAnswers } from './support/sessions.ts'
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

const words = Array.from({ length: 120 }, (_, index) => `word${index}`).join(' ')
const slowly = { tokens_per_second: 30 }

describe('an answer', () => {
  it('streams in, and is then exactly what is stored', async () => {
    const session_id = await createSession(server.url)
    const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`)
    await page.getByText('Nothing has been said yet').waitFor()
    await postScript(server.url, session_id, [{ thinking: 'I think of words.', text: words, ...slowly }])
    const answer = page.getByRole('article', { name: 'Answer' })
    await answer.getByText('word3 ').waitFor()
    expect(await answer.getAttribute('aria-busy')).toBe('true')
    await answer.getByText('word119').waitFor()
    await expect.poll(() => answer.getAttribute('aria-busy')).toBe('false')
    const [stored] = await readAnswers(server.url, session_id)
    expect((await answer.locator('p').allTextContents()).filter((text) => text !== 'I think of words.')).toEqual([stored])
    await answer.getByRole('button', { name: 'Thoughts' }).click()
    await answer.getByText('I think of words.').waitFor()
    await close()
  })

  it.each(['light', 'dark'] as const)('shows tables as such, and code in colours: %s', async (colorScheme) => {
    const session_id = await createSession(server.url)
    await postScript(server.url, session_id, [{ text: "| Item | Price |\n|---|---|\n| ~~Bell~~ | 12 |\n\n```sql\nSELECT price FROM items WHERE name = 'bell' AND price > 12 -- all\n```\n\nWith `code` in it.\n\n```js\nfunction ring(bell) { return new Bell(`${bell}`) }\n```" }])
    const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`, { colorScheme })
    const answer = page.getByRole('article', { name: 'Answer' })
    await answer.getByRole('cell', { name: 'Bell' }).locator('del').waitFor()
    const code = answer.getByRole('group', { name: 'Code' }).first()
    const colorOf = (text: string) => code.getByText(text, { exact: true }).evaluate((element) => getComputedStyle(element).color)
    const plain = await code.evaluate((element) => getComputedStyle(element).color)
    const colors = await Promise.all(['SELECT', '-- all', "'bell'"].map(colorOf))
    expect(new Set([plain, ...colors]).size).toBe(4)
    await expectAccessible(page)
    await close()
  })

  it('goes on where it was when the page is loaded again in its middle', async () => {
    const session_id = await createSession(server.url)
    await postScript(server.url, session_id, [{ text: words, ...slowly }])
    const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`)
    const answer = page.getByRole('article', { name: 'Answer' })
    await answer.getByText('word5 ').waitFor()
    await page.reload()
    await answer.getByText('word119').waitFor()
    expect((await answer.locator('p').allTextContents()).join('')).toBe(words)
    await close()
  })

  it('goes on through a network that breaks, and the page says that nothing was lost', async () => {
    const session_id = await createSession(server.url)
    const proxy = await startProxy(server.port)
    const { page, close } = await openPage(browser, `${proxy.url}/sessions/${session_id}`, { expected: /Failed to load resource|ERR_/ })
    await page.getByText('Nothing has been said yet').waitFor()
    await postScript(server.url, session_id, [{ text: words, ...slowly }])
    const answer = page.getByRole('article', { name: 'Answer' })
    await answer.getByText('word5 ').waitFor()
    await page.context().setOffline(true)
    proxy.cut()
    await page.getByText('Not connected.').waitFor()
    await page.context().setOffline(false)
    await page.getByText(/Connected again: nothing was lost/).waitFor()
    await answer.getByText('word119').waitFor()
    expect((await answer.locator('p').allTextContents()).join('')).toBe(words)
    await close()
    await proxy.stop()
  })
})

describe('a conversation', () => {
  it('shows tools that run side by side, with arguments and results', async () => {
    const session_id = await createSession(server.url, { capabilities: [{ ref: 'calculator' }, { ref: 'current_time' }] })
    await postScript(server.url, session_id, [{ tool_calls: [{ name: 'calculator', arguments: { expression: '6 * 7' } }, { name: 'calculator', arguments: { expression: '1 / 0' } }] }, { text: 'Done.' }])
    const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`)
    const calls = page.getByRole('list', { name: 'Tool calls' }).getByRole('button')
    await expect.poll(() => calls.allTextContents()).toEqual([expect.stringMatching(/calculator.*done/), expect.stringMatching(/calculator.*failed/)])
    await calls.first().click()
    await page.getByRole('group', { name: 'Arguments of calculator' }).getByText('"6 * 7"').waitFor()
    await page.getByRole('group', { name: 'Result of calculator' }).getByText('42').waitFor()
    await close()
  })

  it('shows what another client posts, a failure with a way on, and a cancelled turn', async () => {
    const session_id = await createSession(server.url)
    const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`)
    await page.getByText('Nothing has been said yet').waitFor()
    await postText(server.url, session_id, '```sim\nno script\n```')
    await page.getByText('The turn failed').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => page.getByText('The turn failed').count()).toBe(2)
    await postScript(server.url, session_id, [{ text: 'late', ttft_ms: 60_000 }])
    await page.getByRole('button', { name: 'Cancel the turn' }).click()
    await page.getByText('The turn was cancelled.').waitFor()
    await close()
  })

  it('is accessible, in light and dark, on a desk and on a phone', async () => {
    const session_id = await createSession(server.url, { capabilities: [{ ref: 'calculator' }] })
    const text = 'Some **text** with `code`, a [link](https://example.org) and\n\n```ts\nconst a = 1 // one\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |'
    await postScript(server.url, session_id, [{ thinking: 'Hm.', tool_calls: [{ name: 'calculator', arguments: { expression: '6 * 7' } }] }, { text }])
    for (const look of [{ colorScheme: 'light' }, { colorScheme: 'dark', viewport: phone }] as const) {
      const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`, look)
      await page.locator('.hljs-keyword').waitFor()
      await page.getByRole('button', { name: /calculator/ }).click()
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing scrolls sideways').toBe(true)
      await close()
    }
  })
})

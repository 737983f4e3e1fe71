import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePng } from '../../../packages/api/test/support/make-png.ts'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { scriptText } from '../../../packages/client/test/support/script-text.ts'
import { startProxy } from '../../../packages/client/test/support/start-proxy.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { expectAccessible } from './support/check-accessibility.ts'
import { createSession, postScript, readMessages } from './support/sessions.ts'
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

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' })
const open = async (settings: object = {}, url = server.url, expected?: RegExp) => {
  const session_id = await createSession(server.url, settings)
  return { session_id, ...(await openPage(browser, `${url}/sessions/${session_id}`, expected && { expected })) }
}
const texts = async (session_id: string) => (await readMessages(server.url, session_id)).filter(({ role }) => role === 'user').map(({ content }) => content.map((part) => (part.type === 'text' ? part.text : part.type)).join(' '))

describe('a message', () => {
  it('is sent by Enter, once however often it is pressed, and keeps the lines that Shift+Enter made', async () => {
    const { page, session_id, close } = await open()
    await box(page).fill('one')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('two')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.getByRole('article', { name: 'Answer' }).getByText('You said: one').waitFor()
    expect(await texts(session_id)).toEqual(['one\ntwo'])
    expect(await box(page).inputValue()).toBe('')
    await close()
  })

  it('takes model and reasoning with it, and the choice stays', async () => {
    const { page, session_id, close } = await open()
    await page.getByRole('button', { name: /^Reasoning/ }).click()
    await page.getByRole('menuitem', { name: 'High', exact: true }).click()
    await page.getByRole('button', { name: /^Model/ }).click()
    await page.getByRole('menuitem', { name: 'Simulated model', exact: true }).click()
    await box(page).fill('hello')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Thoughts' }).waitFor()
    expect((await readMessages(server.url, session_id))[0]!.controls).toMatchObject({ model_id: expect.stringMatching(/^model_/), reasoning: { effort: 'high' } })
    await page.reload()
    await page.getByRole('button', { name: 'Reasoning: High' }).waitFor()
    await close()
  })

  it.each([
    ['Join the turn', 'steer'],
    ['Interrupt and forget', 'rollback'],
  ])('that is sent while a turn runs does as it is told: %s', async (label, policy) => {
    const { page, session_id, close } = await open()
    await postScript(server.url, session_id, [{ text: 'slow', ttft_ms: 60_000 }])
    await page.getByRole('button', { name: /^While a turn runs/ }).click()
    await page.getByRole('menuitem', { name: new RegExp(`^${label}\\s*(The|Ends)`) }).click()
    await box(page).fill('and this')
    await page.keyboard.press('Enter')
    await page.getByText('and this', { exact: true }).waitFor()
    await expect.poll(async () => (await readMessages(server.url, session_id)).map(({ controls }) => controls)).toContainEqual({ when_busy: policy })
    await box(page).focus()
    await page.keyboard.press('Escape')
    await close()
  })

  it('cancels the running turn by Esc', async () => {
    const { page, session_id, close } = await open()
    await postScript(server.url, session_id, [{ text: 'slow', ttft_ms: 60_000 }])
    await page.getByRole('button', { name: 'Cancel the turn' }).waitFor()
    await box(page).press('Escape')
    await page.getByText('The turn was cancelled.').waitFor()
    await close()
  })

  it('is a draft until it is sent: it outlives the page', async () => {
    const { page, close } = await open()
    await box(page).fill('not yet')
    await page.reload()
    await expect.poll(() => box(page).inputValue()).toBe('not yet')
    await close()
  })

  it('arrives once when the answer to it is lost, also when the page is left meanwhile', async () => {
    const proxy = await startProxy(server.port)
    const { page, session_id, close } = await open({}, proxy.url, /Failed to load resource|ERR_/)
    await page.getByText('Nothing has been said yet').waitFor()
    proxy.loseReply()
    await box(page).fill('once')
    await page.keyboard.press('Enter')
    await page.reload()
    await page.getByRole('article', { name: 'Answer' }).getByText('You said: once').waitFor()
    expect(await texts(session_id)).toEqual(['once'])
    await expect.poll(() => page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes('outbox')))).toEqual([])
    await close()
    await proxy.stop()
  })

  it('that is refused says why, and can be sent again', async () => {
    const { page, session_id, close } = await open({}, server.url, /400/)
    await box(page).fill('x'.repeat(1_100_000))
    await page.keyboard.press('Enter')
    await page.getByText(/Not sent: .*must be at most 1048576 bytes/).waitFor()
    expect(await texts(session_id)).toEqual([])
    await close()
  })
})

describe('images', () => {
  it('are picked, shown, sent and opened; what is none is refused in words', async () => {
    const { page, session_id, close } = await open({}, server.url, /400/)
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Add images' }).click()
    await (await chooser).setFiles([
      { name: 'quay.png', mimeType: 'image/png', buffer: makePng(60, 40) },
      { name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no image') },
    ])
    await page.getByRole('img', { name: 'quay.png' }).waitFor()
    await page.getByRole('alert').getByText('Try again').waitFor()
    await page.getByRole('button', { name: 'Remove broken.png' }).click()
    await box(page).fill('What is this?')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('I see an image').waitFor()
    expect(await texts(session_id)).toEqual(['image_file What is this?'])
    await page.getByRole('button', { name: 'Show quay.png' }).click()
    await page.getByRole('dialog').getByRole('img', { name: 'quay.png' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await close()
  })

  it('are pasted and dropped', async () => {
    const { page, session_id, close } = await open()
    await box(page).waitFor()
    const bytes = [...makePng(20, 20)]
    await page.evaluate((png) => {
      const give = (name: string) => {
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(png)], name, { type: 'image/png' }))
        return data
      }
      const target = document.querySelector('textarea')!
      target.dispatchEvent(new ClipboardEvent('paste', { clipboardData: give('pasted.png'), bubbles: true, cancelable: true }))
      target.dispatchEvent(new DragEvent('dragover', { dataTransfer: give('dropped.png'), bubbles: true, cancelable: true }))
      target.dispatchEvent(new DragEvent('drop', { dataTransfer: give('dropped.png'), bubbles: true, cancelable: true }))
    }, bytes)
    await page.getByRole('button', { name: 'Remove pasted.png' }).waitFor()
    await page.getByRole('button', { name: 'Remove dropped.png' }).waitFor()
    await expect.poll(() => page.getByRole('button', { name: 'Send' }).isEnabled()).toBe(true)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('I see 2 images').waitFor()
    expect(await texts(session_id)).toEqual(['image_file image_file'])
    await close()
  })
})

describe('what a session waits for', () => {
  const tool = { type: 'client_side', name: 'measure', description: 'Measures', parameters: { type: 'object' } }

  it('a tool of the caller is answered by hand, with a result or an error', async () => {
    const { page, session_id, close } = await open({ tools: [tool] })
    await postScript(server.url, session_id, [{ tool_calls: [{ name: 'measure', arguments: { what: 'depth' } }, { name: 'measure', arguments: { what: 'width' } }] }, {}])
    const waiting = page.getByRole('region', { name: 'The session waits for you' })
    await waiting.getByLabel('Result').first().fill('{"metres": 12}')
    await expectAccessible(page)
    await waiting.getByRole('button', { name: 'Send result' }).first().click()
    await expect.poll(() => waiting.getByLabel('Result').count()).toBe(1)
    await waiting.getByLabel('Result').fill('too dark')
    await waiting.getByRole('button', { name: 'Send as error' }).click()
    await page.getByRole('article', { name: 'Answer' }).getByText('too dark').waitFor()
    const parts = (await readMessages(server.url, session_id)).flatMap(({ role, content }) => (role === 'tool_result' ? content : []))
    expect(parts).toMatchObject([{ result: { metres: 12 } }, { error: 'too dark' }])
    await close()
  })

  it('a tool that needs approval is approved or denied', async () => {
    const webhook = { ...tool, type: 'client_side', name: 'launch', requires_approval: true }
    const { page, session_id, close } = await open({ tools: [webhook] })
    await postScript(server.url, session_id, [{ tool_calls: [{ name: 'launch', arguments: { boat: 1 } }] }, {}])
    await page.getByRole('textbox', { name: 'Reason' }).fill('not today')
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByRole('article', { name: 'Answer' }).getByText(/not today/).waitFor()
    await close()
  })
})

it('everything is done by the keyboard alone', async () => {
  const { page, close } = await openPage(browser, `${server.url}/sessions`)
  await page.getByRole('button', { name: 'New', exact: true }).first().focus()
  await page.keyboard.press('Enter')
  await page.getByText('Nothing has been said yet').waitFor()
  await box(page).focus()
  await page.keyboard.insertText(scriptText([{ text: 'By hand.' }]))
  await page.keyboard.press('Enter')
  await page.getByText('By hand.', { exact: true }).waitFor()
  for (let presses = 0; presses < 40 && !(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'See the turn')); presses++) await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/turns\/turn_/)
  expect(new URL(page.url()).pathname).toMatch(/^\/turns\//)
  await close()
})

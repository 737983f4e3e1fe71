import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage, phone } from './support/browser.ts'
import { createSession, postText, readMessages } from './support/sessions.ts'
import { startConsole } from './support/start-console.ts'

let server: TestServer
let browser: Browser
beforeAll(async () => {
  ;[server, browser] = await Promise.all([startConsole(), launchBrowser()])
  for (const [title, tags] of [['Harbour report', ['data']], ['Garden plan', ['home', 'spring']]] as const) await createSession(server.url, { title, tags })
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
})

const rows = '[aria-label="Sessions"] li a'

describe('the list of sessions', () => {
  it('is searched by title and tag, and the search stands in the address', async () => {
    const { page, close } = await openPage(browser, `${server.url}/sessions`)
    await page.getByRole('link', { name: /Harbour report/ }).waitFor()
    await page.getByRole('textbox', { name: 'Search sessions' }).fill('spring')
    await expect.poll(() => page.locator(rows).allTextContents()).toEqual([expect.stringContaining('Garden plan')])
    await page.reload()
    await expect.poll(() => page.locator(rows).allTextContents()).toEqual([expect.stringContaining('Garden plan')])
    await page.getByRole('textbox', { name: 'Search sessions' }).fill('nothing like it')
    await page.getByText('No session matches').waitFor()
    await close()
  })

  it('shows a session that another client makes', async () => {
    const { page, close } = await openPage(browser, `${server.url}/sessions`)
    await page.getByRole('link', { name: /Harbour report/ }).waitFor()
    await createSession(server.url, { title: 'From elsewhere' })
    await page.getByRole('link', { name: /From elsewhere/ }).waitFor()
    await close()
  })

  it('on a phone is a screen of its own', async () => {
    const { page, close } = await openPage(browser, `${server.url}/sessions`, { viewport: phone })
    await page.getByRole('link', { name: /Harbour report/ }).click()
    await page.getByRole('textbox', { name: 'Message' }).waitFor()
    expect(await page.getByRole('link', { name: /Garden plan/ }).isVisible()).toBe(false)
    await page.getByRole('link', { name: 'All sessions' }).click()
    await page.getByRole('link', { name: /Garden plan/ }).waitFor()
    await close()
  })
})

describe('a session', () => {
  it('is named, tagged, pinned and deleted', async () => {
    const id = await createSession(server.url, { title: 'Before' })
    const { page, close } = await openPage(browser, `${server.url}/sessions/${id}`, { expected: /404/ })
    const menu = async (item: string) => {
      await page.getByRole('button', { name: 'What may be done with the session' }).click()
      await page.getByRole('menuitem', { name: item, exact: true }).click()
    }
    await menu('Rename')
    await page.getByRole('textbox', { name: 'Title' }).fill('After')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'After' }).waitFor()
    await menu('Tags')
    await page.getByRole('dialog').getByLabel('Tags', { exact: true }).fill('urgent')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('header').getByText('urgent').waitFor()
    await menu('Pin')
    await expect.poll(() => page.locator(rows).first().textContent()).toContain('After')
    await page.getByRole('img', { name: 'pinned' }).waitFor()
    const session = (await (await fetch(`${server.url}/v1/sessions/${id}`)).json()) as object
    expect(session).toMatchObject({ title: 'After', tags: ['urgent'], is_pinned: true })
    await menu('Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL(/\/sessions$/)
    expect((await fetch(`${server.url}/v1/sessions/${id}`)).status).toBe(404)
    await close()
  })

  it('is forked from any of its messages', async () => {
    const id = await createSession(server.url, { title: 'Forked' })
    await postText(server.url, id, 'first')
    const { page, close } = await openPage(browser, `${server.url}/sessions/${id}`)
    await page.getByText('You said: first').waitFor()
    await postText(server.url, id, 'second')
    await page.getByText('You said: second').waitFor()
    await page.getByRole('article', { name: 'Answer' }).first().hover()
    await page.getByRole('article', { name: 'Answer' }).first().getByRole('button', { name: 'Fork from here' }).click()
    await page.waitForURL((url) => !url.pathname.endsWith(id))
    const fork = new URL(page.url()).pathname.split('/').at(-1)!
    await page.getByText('You said: first').waitFor()
    expect((await readMessages(server.url, fork)).length).toBe(2)
    expect((await readMessages(server.url, id)).length).toBe(4)
    await close()
  })

  it('that is not there is said so', async () => {
    const { page, close } = await openPage(browser, `${server.url}/sessions/sess_${'0'.repeat(32)}`, { expected: /404/ })
    await page.getByRole('alert').getByText('Session not found').waitFor()
    await close()
  })
})

it('a key that may only read has no controls that write, and is told why', async () => {
  const closed = await startConsole({ access: { api_key: 'the-key', cors_origins: [] } })
  const headers = { authorization: 'the-key', 'content-type': 'application/json' }
  const { secret } = (await (await fetch(`${closed.url}/v1/keys`, { method: 'POST', headers, body: '{"name":"Reader","scopes":["read"]}' })).json()) as { secret: string }
  const { id } = (await (await fetch(`${closed.url}/v1/sessions`, { method: 'POST', headers, body: '{}' })).json()) as { id: string }
  const { page, close } = await openPage(browser, `${closed.url}/sessions/${id}`)
  await page.getByLabel('API key').first().fill(secret)
  await page.keyboard.press('Enter')
  await page.getByText('it needs the scope write').waitFor()
  expect(await page.getByRole('textbox', { name: 'Message' }).count()).toBe(0)
  expect(await page.getByRole('button', { name: 'New', exact: true }).count()).toBe(0)
  await close()
  await closed.close()
})

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { createSession, postText } from './support/sessions.ts'
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

it.each(['the list of sessions', 'an open session'])('%s takes less than 300 KB to be there first', async (which) => {
  const session_id = await createSession(server.url)
  await postText(server.url, session_id, 'Hello')
  const { page, context, close } = await openPage(browser, 'about:blank')
  const network = await context.newCDPSession(page)
  await network.send('Network.enable')
  const sizes = new Map<string, number>()
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => void sizes.set(requestId, encodedDataLength))
  await page.goto(`${server.url}/sessions${which === 'an open session' ? `/${session_id}` : ''}`)
  await (which === 'an open session' ? page.getByText('You said: Hello') : page.getByText('Open a session, or begin one')).waitFor()
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  expect(bytes).toBeGreaterThan(50_000)
  expect(bytes).toBeLessThan(300_000)
  await close()
})

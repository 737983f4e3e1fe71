import type { DurableHealth, Worker } from '@reprise/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { describeHealth } from '../src/operations/describe-health.ts'
import { launchBrowser, openPage, phone } from './support/browser.ts'
import { expectAccessible } from './support/check-accessibility.ts'
import { createSession, postScript, postText } from './support/sessions.ts'
import { startConsole } from './support/start-console.ts'

describe('the state in a sentence', () => {
  const quiet: DurableHealth = { turns_ready: 0, turns_running: 0, turns_waiting: 0, turns_parked: 0, turns_failed_last_hour: 0, oldest_ready_age_ms: null, workers_live: 1, workers_draining: 0, slots: 8 }
  it.each([
    [{}, 'well', 'All is well: 1 worker, nothing runs'],
    [{ turns_running: 3, turns_parked: 1, workers_live: 2 }, 'well', 'All is well: 2 workers, 3 turns running, 1 turn waiting for callers'],
    [{ workers_live: 0, turns_ready: 4, oldest_ready_age_ms: 65_000 }, 'failing', 'No worker is there: 4 turns waiting, the oldest for 1 min 5 s'],
    [{ turns_ready: 400, turns_running: 8, oldest_ready_age_ms: 38_000 }, 'strained', '400 turns waiting, the oldest for 38 s: every slot is taken'],
    [{ turns_ready: 1, oldest_ready_age_ms: 38_000 }, 'failing', '1 turn waiting, the oldest for 38 s: nobody takes them'],
    [{ turns_failed_last_hour: 12 }, 'strained', '12 turns failed within the hour'],
  ])('of %o', (changes, level, words) => {
    expect(describeHealth({ ...quiet, ...changes }, [])).toEqual({ level, words })
  })

  it('says when a worker is late', () => {
    const late = { status: 'late', breakers: [] as Worker['breakers'] } as Worker // all that is looked at
    expect(describeHealth(quiet, [late])).toEqual({ level: 'strained', words: '1 worker late with the heartbeat' })
  })

  it('says which provider fails', () => {
    const breakers: Worker['breakers'] = [{ provider_id: 'provider_1', provider_name: 'OpenAI', state: 'open', since: '2026-01-01T00:00:00.000Z' }]
    const workers = [{ status: 'live', breakers }, { status: 'live', breakers }] as Worker[] // all that is looked at
    expect(describeHealth(quiet, workers)).toEqual({ level: 'failing', words: 'OpenAI failed too often, and is left alone for a while' })
  })
})

describe('the page', () => {
  let server: TestServer
  let browser: Browser
  beforeAll(async () => {
    ;[server, browser] = await Promise.all([startConsole(), launchBrowser()])
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  it('moves as turns run, fail, are retried, and as a worker is drained', async () => {
    const { page, close } = await openPage(browser, `${server.url}/operations`)
    await page.getByText('All is well: 1 worker, nothing runs').waitFor()
    await page.getByText('None: no turn has failed for good.').waitFor()
    const session_id = await createSession(server.url)
    await postScript(server.url, session_id, [{ text: 'slow', ttft_ms: 60_000 }])
    await page.getByText('All is well: 1 worker, 1 turn running').waitFor()
    await postText(server.url, await createSession(server.url), '```sim\nno script\n```')
    const letters = page.getByRole('region', { name: 'Dead letters' })
    await letters.getByText('provider_error').waitFor()
    await letters.getByRole('button', { name: 'Retry', exact: true }).click()
    await letters.getByRole('link', { name: 'retried' }).waitFor()
    await page.getByRole('combobox', { name: 'Status of turns' }).selectOption('running')
    await expect.poll(() => page.getByRole('region', { name: 'Turns', exact: true }).getByRole('row').count()).toBe(2)
    await page.getByRole('button', { name: 'Drain' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click()
    await page.getByText('live, draining').waitFor()
    await close()
  })

  it('tells by colour which line is which', async () => {
    const { page, close } = await openPage(browser, `${server.url}/operations`)
    const swatches = page.locator('.mantine-ColorSwatch-colorOverlay')
    await swatches.first().waitFor()
    const seen = await swatches.evaluateAll((overlays) => overlays.map((overlay) => ({ width: overlay.getBoundingClientRect().width, color: getComputedStyle(overlay).backgroundColor })))
    expect(seen.map(({ width }) => width)).toEqual([12, 12, 12, 12, 12, 12])
    expect(new Set(seen.map(({ color }) => color)).size).toBe(6)
    await close()
  })

  it('is accessible, in light and dark, on a desk and on a phone', async () => {
    for (const look of [{ colorScheme: 'light' }, { colorScheme: 'dark', viewport: phone }] as const) {
      const { page, close } = await openPage(browser, `${server.url}/operations`, look)
      await page.getByRole('region', { name: 'Turns over time' }).getByText('Turns a second').waitFor()
      await page.getByText('provider_error').first().waitFor()
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing scrolls sideways').toBe(true)
      await close()
    }
  })

  it('shows a caller who is not the operator their own turns, and says what the rest needs', async () => {
    const closed = await startConsole({ access: { api_key: 'the-key', cors_origins: [] } })
    const headers = { authorization: 'the-key', 'content-type': 'application/json' }
    const { secret } = (await (await fetch(`${closed.url}/v1/keys`, { method: 'POST', headers, body: '{"name":"Writer","scopes":["write"]}' })).json()) as { secret: string }
    const { page, close } = await openPage(browser, `${closed.url}/operations`)
    await page.getByLabel('API key').first().fill(secret)
    await page.keyboard.press('Enter')
    await page.getByText('seen with the operator’s admin key').waitFor()
    await page.getByRole('region', { name: 'Turns', exact: true }).getByText('No turn yet').waitFor()
    expect(await page.getByRole('region', { name: 'Workers' }).count()).toBe(0)
    await close()
    await closed.close()
  })
})

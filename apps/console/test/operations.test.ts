import type { DurableHealth, Worker } from '@reprise/contract'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { startOpenAiServer } from '../../../packages/engine/test/protocol/openai-server.ts'
import { describeHealth } from '../src/operations/describe-health.ts'
import { listProviderStates } from '../src/operations/provider-states.ts'
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

  it.each([
    ['open', { level: 'failing', words: 'OpenAI failed too often, and is left alone for a while' }],
    ['half_open', { level: 'strained', words: 'OpenAI failed too often: the next call shows whether it is back' }],
  ] as const)('says which provider fails: %s', (state, said) => {
    const breakers: Worker['breakers'] = [{ provider_id: 'provider_1', provider_name: 'OpenAI', state, since: '2026-01-01T00:00:00.000Z' }]
    const workers = [{ status: 'live', breakers }, { status: 'live', breakers }] as Worker[] // all that is looked at
    expect(describeHealth(quiet, workers)).toEqual(said)
  })
})

describe('the state of providers', () => {
  const ours = { id: 'provider_1', name: 'Ours', provider_type: 'openai' } as const
  const other = { id: 'provider_2', name: 'Another', provider_type: 'sim' } as const
  const breaker = (state: 'open' | 'half_open', since: string, provider_id: string = ours.id) => ({ provider_id, provider_name: 'Ours', state, since })
  const live = (...breakers: Worker['breakers']) => ({ status: 'live', breakers }) as const

  it('has those that fail first, with how many workers leave them alone, and since when', () => {
    const states = listProviderStates([other, ours], [live(breaker('open', '2026-01-01T00:00:09Z')), live(breaker('open', '2026-01-01T00:00:01Z')), live()])
    expect(states).toEqual([
      { id: 'provider_1', name: 'Ours', speaks: 'openai', breaker: { isTriedAgain: false, workers: 2, since: '2026-01-01T00:00:01Z' } },
      { id: 'provider_2', name: 'Another', speaks: 'sim', breaker: null },
    ])
  })

  it('is that one is tried again when all who left it alone try it', () => {
    const stateOf = (...breakers: Worker['breakers']) => listProviderStates([ours], breakers.map((one) => live(one)))[0]?.breaker?.isTriedAgain
    expect(stateOf(breaker('half_open', 'a'), breaker('half_open', 'b'))).toBe(true)
    expect(stateOf(breaker('half_open', 'a'), breaker('open', 'b'))).toBe(false)
    expect(stateOf(breaker('open', 'a'), breaker('half_open', 'b'))).toBe(false)
  })

  it('leaves out what workers that are gone thought, and has providers that others own', () => {
    expect(listProviderStates([ours], [{ status: 'gone', breakers: [breaker('open', 'a')] }])).toMatchObject([{ breaker: null }])
    expect(listProviderStates([ours], [live(breaker('open', 'a', 'provider_9'))])).toMatchObject([{ id: 'provider_9', speaks: null }, { id: 'provider_1' }])
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

  it('shows a provider that is left alone, until it is called again', async () => {
    const vendor = await startOpenAiServer({ key: null })
    const failing = await startConsole({ engine: { egressAllow: [vendor.place] } })
    const create = async (path: string, body: object) => (await (await fetch(`${failing.url}/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json()) as { id: string }
    const provider = await create('providers', { name: 'Ours', provider_type: 'openai_compatible', base_url: vendor.url })
    const model = await create(`providers/${provider.id}/models`, { model: 'house' })
    const { page, close } = await openPage(browser, `${failing.url}/operations`)
    const row = page.getByRole('region', { name: 'Providers' }).getByRole('row', { name: /Ours/ })
    await row.getByText('called').waitFor()
    vendor.queue(...Array.from({ length: 15 }, () => ({ fault: { kind: 'status', status: 500 } }) as const))
    for (let count = 0; count < 20; count++) await postText(failing.url, await createSession(failing.url, { model_id: model.id }), 'Hello')
    await row.getByText('left alone by one worker').waitFor()
    await page.getByText('Ours failed too often, and is left alone for a while').waitFor()
    // After ten seconds a turn that was waiting finds it well.
    await row.getByText('called').waitFor({ timeout: 20_000 })
    await close()
    await failing.close()
    await vendor.close()
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

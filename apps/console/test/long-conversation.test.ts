import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { insertMessages } from '../../../packages/api/test/support/insert-messages.ts'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { createSession, postText, postScript } from './support/sessions.ts'
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

it('a conversation of 5,000 messages opens at its end, and scrolls to its beginning: little is drawn, and what is in sight stays', async () => {
  const session_id = await createSession(server.url)
  await insertMessages(server.pool, session_id, 5_000)
  await postText(server.url, session_id, 'the last')
  const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`)
  await page.getByText('You said: the last').waitFor()
  const conversation = page.getByRole('region', { name: 'Conversation' })
  const measured = await conversation.evaluate(async (scroller) => {
    const frames: number[] = []
    let nodes = 0
    const scrollBy = async (pixels: number) => {
      const before = performance.now()
      scroller.dispatchEvent(new WheelEvent('wheel'))
      scroller.scrollTop -= pixels
      await new Promise(requestAnimationFrame)
      frames.push(performance.now() - before)
      nodes = Math.max(nodes, scroller.querySelectorAll('article').length)
    }
    // As a wheel turns, and then as fast as pages come.
    for (let step = 0; step < 60; step++) await scrollBy(300)
    const median = frames.toSorted((one, other) => one - other)[30]!
    while (!/(?<!\d)1x{10}/.test(scroller.textContent ?? '')) await scrollBy(scroller.scrollTop)
    return { nodes, median }
  })
  expect(measured.nodes, 'articles that are drawn at once').toBeLessThan(120)
  // A browser without a graphics card on a busy machine: it is about being drawn anew each time, and not about a figure.
  expect(measured.median, 'milliseconds a frame').toBeLessThan(250)
  await close()
}, 60_000)

it('nothing jumps while an answer streams, and a reader who scrolled up is left alone', async () => {
  const session_id = await createSession(server.url)
  await insertMessages(server.pool, session_id, 60, 400)
  await postText(server.url, session_id, 'before')
  const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`)
  await page.getByText('You said: before').waitFor()
  const conversation = page.getByRole('region', { name: 'Conversation' })
  const distance = () => conversation.evaluate(({ scrollHeight, scrollTop, clientHeight }) => Math.round(scrollHeight - scrollTop - clientHeight))
  await expect.poll(distance).toBeLessThan(5)
  const words = Array.from({ length: 400 }, (_, index) => `word${index}`).join(' ')
  await postScript(server.url, session_id, [{ text: words, tokens_per_second: 200 }])
  await page.getByText('word60 ').waitFor()
  expect(await distance()).toBeLessThan(60)
  await conversation.hover()
  await page.mouse.wheel(0, -1_500)
  await page.getByRole('button', { name: 'Newest' }).waitFor()
  const place = await conversation.evaluate(({ scrollTop }) => scrollTop)
  await expect.poll(async () => (await (await fetch(`${server.url}/v1/sessions/${session_id}`)).json() as { status: string }).status).toBe('idle')
  expect(Math.abs((await conversation.evaluate(({ scrollTop }) => scrollTop)) - place)).toBeLessThan(3)
  await page.getByRole('button', { name: 'Newest' }).click()
  await page.getByRole('article', { name: 'Answer' }).getByText('word399').waitFor()
  await expect.poll(distance).toBeLessThan(5)
  await close()
}, 60_000)

it('what is in sight can be clicked while it scrolls', async () => {
  const session_id = await createSession(server.url)
  await insertMessages(server.pool, session_id, 60, 400)
  const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`)
  await page.getByRole('article').last().waitFor()
  const isHit = await page.getByRole('region', { name: 'Conversation' }).evaluate(async (scroller) => {
    const hits: boolean[] = []
    for (let step = 0; step < 10; step++) {
      scroller.scrollTop -= 20
      await new Promise(requestAnimationFrame)
      await new Promise(requestAnimationFrame)
      const { left, right, top, bottom } = scroller.getBoundingClientRect()
      const element = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      hits.push(element !== null && element !== scroller && scroller.contains(element))
    }
    return hits
  })
  expect(isHit).toEqual(Array(10).fill(true))
  await close()
}, 60_000)

it('nothing moves under a pressed pointer, though an answer grows: what was pressed is what is clicked', async () => {
  const session_id = await createSession(server.url)
  await insertMessages(server.pool, session_id, 60, 400)
  const { page, close } = await openPage(browser, `${server.url}/sessions/${session_id}`)
  await page.getByRole('article').last().waitFor()
  const words = Array.from({ length: 300 }, (_, index) => `word${index}`).join(' ')
  await postScript(server.url, session_id, [{ thinking: 'I think of words.', text: words, tokens_per_second: 60 }])
  const answer = page.getByRole('article', { name: 'Answer' }).last()
  const thoughts = answer.getByRole('button', { name: 'Thoughts' })
  await answer.getByText('word8 ').waitFor()
  const placeOf = async () => (await thoughts.boundingBox())!.y
  await thoughts.hover()
  await page.mouse.down()
  const pressedAt = await placeOf()
  await answer.getByText('word60 ').waitFor()
  expect(Math.abs((await placeOf()) - pressedAt)).toBeLessThan(1)
  await page.mouse.up()
  await answer.getByText('I think of words.').waitFor()
  await answer.getByText('word299').waitFor()
  const distance = () => page.getByRole('region', { name: 'Conversation' }).evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)
  await expect.poll(distance, { message: 'the end is held again' }).toBeLessThan(5)
  await close()
}, 60_000)

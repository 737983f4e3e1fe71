import type { Provider, Schedule, Webhook } from '@reprise/contract'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretKey } from '../../../packages/api/test/support/providers.ts'
import type { TestServer } from '../../../packages/api/test/support/start-server.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { createSession } from './support/sessions.ts'
import { startConsole } from './support/start-console.ts'

let server: TestServer
let browser: Browser
const received: string[] = []
const receiver = createServer((request, response) => {
  received.push(request.url ?? '')
  request.resume().on('end', () => response.end('{}'))
})
beforeAll(async () => {
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  ;[server, browser] = await Promise.all([startConsole({ engine: { secretKeys: [secretKey], egressAllow: [`127.0.0.1:${port()}`], mcpServers: { files: { command: 'node', description: 'Files of the house' } } } }), launchBrowser()])
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
  receiver.close()
})

const port = () => (receiver.address() as AddressInfo).port // it listens on TCP
const open = (path: string, expected?: RegExp) => openPage(browser, `${server.url}/settings/${path}`, expected && { expected })
const read = async <T>(path: string) => (await (await fetch(`${server.url}/v1/${path}`)).json()) as T
const dialog = (page: Page) => page.getByRole('dialog')

describe('agents', () => {
  it('are given an MCP server of the operator by a click, and are found beside it', async () => {
    const { page, close } = await open('agents/new')
    await page.getByLabel('Name').first().fill('filer')
    await page.getByLabel('System prompt').fill('You file.')
    await page.getByRole('textbox', { name: 'MCP servers' }).fill('{"docs": {"url": "https://docs.example.com/mcp"}}')
    await page.getByRole('button', { name: 'Add files' }).click()
    await expect.poll(() => page.getByRole('button', { name: 'Add files' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Create' }).click()
    await page.waitForURL(/agents\/agent_/)
    await page.getByText('No session was begun with it yet.').waitFor()
    expect(await read('agents/filer')).toMatchObject({ mcpServers: { docs: { url: 'https://docs.example.com/mcp' }, files: { ref: 'files' } } })
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'MCP servers' }).click()
    await page.getByRole('region', { name: 'Used by agents' }).getByRole('row', { name: /the operator’s “files”/ }).waitFor()
    await page.getByRole('region', { name: 'The operator’s' }).getByRole('row', { name: /Files of the house.*a program/ }).waitFor()
    await close()
  })

  it('are made, changed, copied, archived; what the server refuses is said at its field', async () => {
    const { page, close } = await open('agents/new', /400/)
    await page.getByLabel('Name').first().fill('Not A Slug')
    await page.getByLabel('System prompt').fill('You dig.')
    await page.getByRole('checkbox', { name: /Calculator/i }).check()
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('must be a slug').waitFor()
    await page.getByLabel('Name').first().fill('digger')
    await page.getByRole('textbox', { name: 'Tools' }).fill('[{"type":"client_side","name":"dig"')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText(/is not JSON/).waitFor()
    await page.getByRole('textbox', { name: 'Tools' }).fill('[{"type":"client_side","name":"dig","description":"Digs"}]')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.waitForURL(/agents\/agent_/)
    expect(await read('agents/digger')).toMatchObject({ system_prompt: 'You dig.', capabilities: [{ ref: 'calculator' }], tools: [{ name: 'dig' }] })
    await page.getByLabel('System prompt').fill('You dig deep.')
    let asked = ''
    page.once('dialog', (question) => {
      asked = question.message()
      void question.dismiss()
    })
    await page.getByRole('link', { name: 'All agents' }).click()
    expect(asked).toMatch(/not saved/)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    await page.getByRole('heading', { name: 'digger-copy' }).waitFor()
    await page.getByRole('button', { name: 'Archive' }).click()
    await dialog(page).getByRole('button', { name: 'Archive' }).click()
    await page.waitForURL(/settings\/agents$/)
    await page.getByRole('link', { name: 'digger', exact: true }).waitFor()
    expect(await page.getByRole('link', { name: 'digger-copy' }).count()).toBe(0)
    expect(await read('agents/digger')).toMatchObject({ system_prompt: 'You dig deep.' })
    await close()
  })

  it('are imported and exported as the same document', async () => {
    const { page, close } = await open('agents', /400/)
    await page.getByRole('button', { name: 'Import' }).click()
    await dialog(page).getByLabel('Document').fill('---\nname: [\n---\n\nx')
    await dialog(page).getByRole('button', { name: 'Import' }).click()
    await dialog(page).getByRole('alert').getByText(/front matter/).first().waitFor()
    await dialog(page).getByLabel('Document').fill('---\nname: poet\ncapabilities: [calculator]\n---\n\nYou answer in verse.')
    await dialog(page).getByRole('button', { name: 'Import' }).click()
    await page.getByRole('heading', { name: 'poet' }).waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Export' }).click()
    expect((await download).suggestedFilename()).toBe('poet.md')
    await close()
  })
})

describe('providers and models', () => {
  it('a key is written and never seen again; a model is added, tried and made the default', async () => {
    const { page, close } = await open('models')
    const seen: string[] = []
    page.on('response', (response) => void response.text().then((text) => seen.push(text), () => {}))
    await page.getByRole('button', { name: 'Provider', exact: true }).click()
    await dialog(page).getByLabel('It speaks').selectOption('openai_compatible')
    await dialog(page).getByLabel('Address').fill(`http://127.0.0.1:${port()}/v1`)
    await dialog(page).getByLabel('API key').first().fill('sk-not-to-be-seen')
    await dialog(page).getByRole('button', { name: 'Add' }).click()
    await dialog(page).getByText('New model of Local').waitFor()
    await dialog(page).getByRole('textbox', { name: 'Model' }).fill('llama')
    await dialog(page).getByRole('button', { name: 'Add' }).click()
    const local = page.getByRole('region', { name: 'Local' })
    await local.getByText('key set').waitFor()
    await local.getByRole('button', { name: 'Try it: llama' }).click()
    await local.getByRole('status').getByText(/./).waitFor()
    expect(received).toContain('/v1/chat/completions')
    await local.getByRole('button', { name: 'Make default' }).click()
    await local.getByText('default', { exact: true }).waitFor()
    await local.getByRole('button', { name: 'Edit Local' }).click()
    expect(await dialog(page).getByLabel('Replace the key').first().inputValue()).toBe('')
    expect(await page.content()).not.toContain('sk-not-to-be-seen')
    expect(seen.join('')).not.toContain('sk-not-to-be-seen')
    await page.keyboard.press('Escape')
    await page.getByRole('region', { name: 'Simulated' }).or(page.getByRole('region', { name: /sim/i })).first().getByRole('button', { name: /^Try/ }).click()
    await page.getByText('You said: Say hello in five words.').waitFor()
    const { data } = await read<{ data: Provider[] }>('providers')
    expect(data.find(({ name }) => name === 'Local')).toMatchObject({ api_key_set: true })
    await page.getByRole('region', { name: /sim/i }).first().getByRole('button', { name: 'Make default' }).click()
    await close()
  })
})

describe('webhooks and schedules', () => {
  it('a webhook is added, its secret shown once, tested, and its log kept', async () => {
    const { page, close } = await open('webhooks')
    await page.getByText('No webhook yet').waitFor()
    await page.getByRole('button', { name: 'Webhook', exact: true }).click()
    await dialog(page).getByLabel('Address').fill(`http://127.0.0.1:${port()}/hook`)
    await dialog(page).getByRole('button', { name: 'Add' }).click()
    await page.getByText(/whsec_/).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Test' }).click()
    await page.getByText(/Delivered: it answered 200/).waitFor()
    await page.reload()
    expect(await page.getByText(/whsec_/).count()).toBe(0)
    expect((await read<{ data: Webhook[] }>('webhooks')).data[0]).toMatchObject({ events: ['turn.completed', 'turn.failed'] })
    await createSession(server.url)
    await close()
  })

  it('a schedule is added, refused where it is wrong, and turned off', async () => {
    const id = await createSession(server.url, { title: 'Mornings' })
    const { page, close } = await open('schedules', /400/)
    await page.getByRole('button', { name: 'Schedule', exact: true }).click()
    await dialog(page).getByLabel('Session').selectOption(id)
    await dialog(page).getByLabel('Message').fill('What is new?')
    await dialog(page).getByLabel('Cron').fill('99 * * * *')
    await dialog(page).getByRole('button', { name: 'Add' }).click()
    await dialog(page).getByText(/99|minute|cron/i).last().waitFor()
    await dialog(page).getByLabel('Cron').fill('0 9 * * 1-5')
    await dialog(page).getByRole('button', { name: 'Add' }).click()
    await page.getByText('0 9 * * 1-5').waitFor()
    await page.getByRole('button', { name: 'Turn off' }).click()
    await page.getByText('off', { exact: true }).waitFor()
    expect((await read<{ data: Schedule[] }>('schedules')).data[0]).toMatchObject({ enabled: false, session_id: id })
    await close()
  })
})

describe('organization', () => {
  it('limits are saved, and what is refused is said at its field', async () => {
    const { page, close } = await open('organization')
    await page.getByLabel('Turns at once').fill('25')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved', { exact: true }).waitFor()
    expect(await read('organization')).toMatchObject({ turns_running_max: 25, events_kept_days: null })
    await page.getByLabel('Turns at once').fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => read('organization')).toMatchObject({ turns_running_max: null })
    await close()
  })
})

it('the first key closes the server, and this page goes on with it', async () => {
  const fresh = await startConsole()
  const { page, close } = await openPage(browser, `${fresh.url}/settings/keys`)
  await page.getByText('No key yet').waitFor()
  await page.getByRole('button', { name: 'Key', exact: true }).click()
  await dialog(page).getByText('The first key closes the server').waitFor()
  await dialog(page).getByLabel('Name').fill('Laptop')
  await dialog(page).getByRole('button', { name: 'Make the key' }).click()
  await page.getByText(/^rk_\w{8}_\w{20,}/).waitFor()
  await page.getByRole('button', { name: 'I have it' }).click()
  await page.getByRole('row', { name: /Laptop/ }).waitFor()
  await page.reload()
  await page.getByRole('row', { name: /Laptop/ }).waitFor()
  expect((await fetch(`${fresh.url}/v1/sessions`)).status).toBe(401)
  await close()
  await fresh.close()
})

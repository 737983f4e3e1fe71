import type { Page } from 'playwright-core'
import type { Filled } from './fill.ts'

/** One picture, taken at each width. */
export interface Shot {
  /** The file is called so, with the width behind it. */
  name: string
  url: string
  /** The page is there when it shows this. */
  shows: string | RegExp
  /** Done once it is there. */
  before?(page: Page): Promise<void>
  look?: 'dark'
  /** Of the desktop's window, where all of it matters. */
  height?: number
  /** Before anybody has logged in. */
  isLoggedOut?: true
}

/** Every page. */
export function shots(address: string, { agent, conversation, turn, rescued, approval }: Filled): Shot[] {
  const at = (path: string) => address + path
  const settings = (name: string, shows: Shot['shows']) => ({ name, url: at(`/settings/${name}`), shows })
  return [
    { name: 'login', url: at('/'), shows: 'Log in', isLoggedOut: true },
    { name: 'chat', url: at(`/sessions/${conversation}`), shows: 'as far as the dates tell', height: 1_040 },
    { name: 'chat-dark', url: at(`/sessions/${conversation}`), shows: 'as far as the dates tell', height: 1_040, look: 'dark' },
    { name: 'sessions', url: at('/sessions'), shows: 'Brass bells before the holidays' },
    { name: 'approval', url: at(`/sessions/${approval}`), shows: 'Arrived cracked' },
    { name: 'turn', url: at(`/turns/${turn}`), shows: 'house-chat', before: async (page) => page.getByRole('list', { name: 'Steps of the turn' }).getByRole('button').nth(1).click() },
    { name: 'takeover', url: at(`/turns/${rescued}`), shows: 'Taken up again' },
    { name: 'operations', url: at('/operations'), shows: 'Turns a second', look: 'dark' },
    { name: 'palette', url: at('/sessions'), shows: 'Brass bells before the holidays', before: openPalette },
    settings('agents', 'Shop assistant'),
    { name: 'agent', url: at(`/settings/agents/${agent}`), shows: 'System prompt' },
    settings('models', 'House chat'),
    settings('capabilities', 'calculator'),
    settings('mcp-servers', 'shop'),
    settings('keys', 'The night shift’s console'),
    settings('webhooks', 'Tells the ticket system'),
    settings('schedules', 'Every morning'),
    settings('organization', 'Events are kept'),
  ]
}

async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Go to, do, or find a session').waitFor()
  await page.keyboard.type('de')
}

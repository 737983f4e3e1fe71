import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { expect } from 'vitest'

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
/** Shorter than a test's: what it waited for is then said. */
const patienceMs = 15_000
const desktop = { width: 1280, height: 800 }
export const phone = { width: 390, height: 844 }

export async function launchBrowser(): Promise<Browser> {
  const executablePath = executables.find((path) => existsSync(path))
  if (executablePath === undefined) throw new Error('the tests of the console need Chromium: "apt-get install chromium" brings it')
  // Chromium's own sandbox does not work for root, and these pages are ours.
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

export interface OpenPage {
  page: Page
  context: BrowserContext
  /** What the page complained of: errors, refused scripts and styles, failed requests of its own. */
  faults: string[]
  /** Closes the page, and fails when it complained of anything. */
  close(): Promise<void>
}

/** A page of a browser profile of its own. Whatever it complains of fails the test that closes it, but for what `expected` matches. */
export async function openPage(browser: Browser, url: string, { expected, ...options }: BrowserContextOptions & { expected?: RegExp } = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  const faults: string[] = []
  const complain = (text: string) => void (expected?.test(text) || faults.push(text))
  page.on('pageerror', (error) => complain(String(error)))
  page.on('console', (message) => (message.type() === 'error' || message.type() === 'warning') && complain(message.text()))
  await page.goto(url)
  return {
    page,
    context,
    faults,
    async close() {
      await context.close()
      expect(faults).toEqual([])
    },
  }
}

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import sharp from 'sharp'
import type { Shot } from './shots.ts'

const phone = { width: 390, height: 844 }
const desktop = { width: 1280, height: 800 }
/** Enough for what is drawn with few colours. */
const colours = 128
/** Fonts, and what moves into place. */
const settleMs = 700

export interface Pictures {
  shots: readonly Shot[]
  api_key: string
  folder: string
}

/** Takes every picture anew, at both widths. */
export async function takePictures(browser: Browser, { shots, api_key, folder }: Pictures): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const { look = 'light', height = desktop.height, ...shot } of shots) {
    for (const [width, viewport] of Object.entries({ desktop: { ...desktop, height }, phone })) {
      const context = await browser.newContext({ viewport, colorScheme: look, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' })
      if (!shot.isLoggedOut) await logIn(context, shot.url, api_key)
      const file = join(folder, `${shot.name}-${width}.png`)
      const { size } = await sharp(await takePicture(context, shot)).png({ palette: true, colours, compressionLevel: 9, effort: 10 }).toFile(file)
      console.log(`${shot.name}-${width}.png  ${Math.ceil(size / 1_000)} KB`)
      await context.close()
    }
  }
}

async function takePicture(context: BrowserContext, { url, shows, before }: Shot): Promise<Buffer> {
  const page = await context.newPage()
  await page.goto(url)
  await page.getByText(shows).first().waitFor()
  await before?.(page)
  await page.waitForTimeout(settleMs)
  return await page.screenshot()
}

/** The cookie that the login page would get. */
async function logIn(context: BrowserContext, url: string, api_key: string): Promise<void> {
  const response = await context.request.post(new URL('/v1/login', url).href, { data: { api_key }, headers: { 'x-reprise-csrf': '1' } })
  if (!response.ok()) throw new Error(`the login was answered by ${response.status()}: ${await response.text()}`)
}

/**
 * Makes the pictures of docs/images: every page of the console, at desktop and phone width, of a server that is thrown
 * away afterwards. What is seen there happened: turns ran and failed, and a worker was killed.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createRepriseClient } from '@reprise/client'
import { launchBrowser } from '../../test/support/browser.ts'
import { addModels } from './add-models.ts'
import { fill } from './fill.ts'
import { shots } from './shots.ts'
import { Stage } from './stage.ts'
import { takePictures } from './take-pictures.ts'
import { passTraffic } from './traffic.ts'

const imagesFolder = join(import.meta.dirname, '../../../../docs/images')
/** So that the charts have something to show: seconds. */
const trafficMs = Number(process.argv[2] ?? 300) * 1_000

const folder = await mkdtemp(join(tmpdir(), 'reprise-screenshots-'))
// For root, PostgreSQL runs as another user.
await chmod(folder, 0o711)
const [stage, browser] = await Promise.all([Stage.open(folder), launchBrowser()])
const over = new AbortController()
try {
  // From the first key on, nobody gets in without one.
  const { secret: api_key } = await createRepriseClient({ url: stage.address }).keys.create.mutate({ name: 'The night shift’s console', scopes: ['admin'] })
  const client = createRepriseClient({ url: stage.address, api_key })
  const models = await addModels(client, stage.vendor.url)
  await stage.startWorker()
  const traffic = passTraffic(client, models, over.signal)
  await delay(trafficMs)
  // Last, for what waits for somebody waits five minutes.
  const filled = await fill(client, stage, models)
  await takePictures(browser, { shots: shots(stage.address, filled), api_key, folder: imagesFolder })
  over.abort()
  await traffic
} finally {
  over.abort()
  await browser.close()
  await stage.close()
  await rm(folder, { recursive: true, force: true })
}

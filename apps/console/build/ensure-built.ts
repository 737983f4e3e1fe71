import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildFolder } from './build-folder.ts'
import { fingerprintSources } from './fingerprint-sources.ts'

/**
 * The folder with the built console: built now where there is none, or one of other sources. Building takes a few
 * seconds, in a process of its own, for it would keep everything else of this one waiting.
 */
export async function ensureBuilt(): Promise<string> {
  const fingerprint = await fingerprintSources()
  const built = await readFile(join(buildFolder, 'fingerprint'), 'utf8').catch(() => null)
  // Where the sources are not, as in an image of a deployment, what is there was built there.
  if (built !== null && (fingerprint === null || built === fingerprint)) return buildFolder
  await build()
  return buildFolder
}

async function build(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'build.ts')], { stdio: ['ignore', 'pipe', 'pipe'] })
  const written: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => written.push(text))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the console could not be built:\n${written.join('')}`)
}

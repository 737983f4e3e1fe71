/** Builds the console into `dist`, whole or not at all: whoever is reading the build before goes on with it. */
import { randomBytes } from 'node:crypto'
import { glob, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { build } from 'vite'
import { buildFolder, consoleFolder } from './build-folder.ts'
import { fingerprintSources } from './fingerprint-sources.ts'

// Whoever started this, tests included: the console is built for people.
process.env['NODE_ENV'] = 'production'

const compress = promisify(gzip)

const fingerprint = await fingerprintSources()
const draft = `${buildFolder}.${randomBytes(4).toString('hex')}`
const replaced = `${draft}.old`
try {
  await build({ root: consoleFolder, logLevel: 'warn', build: { outDir: draft, emptyOutDir: true } })
  for await (const path of glob('assets/*.{js,css,svg}', { cwd: draft })) {
    const file = join(draft, path)
    await writeFile(`${file}.gz`, await compress(await readFile(file), { level: constants.Z_BEST_COMPRESSION }))
  }
  if (fingerprint !== null) await writeFile(join(draft, 'fingerprint'), fingerprint)
  // Of two that build at once, either may find that the other was faster: what it made is made of the same.
  await rename(buildFolder, replaced).catch(unless('ENOENT'))
  await rename(draft, buildFolder).catch(unless('ENOTEMPTY', 'EEXIST'))
} finally {
  for (const folder of [draft, replaced]) await rm(folder, { recursive: true, force: true })
}

function unless(...expected: string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!expected.includes(error.code ?? '')) throw error
  }
}

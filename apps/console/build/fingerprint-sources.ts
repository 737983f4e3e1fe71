import { createHash } from 'node:crypto'
import { glob, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { consoleFolder } from './build-folder.ts'

/** What a build is made of: the console, the packages that it bundles, and the versions of all libraries. */
const sources = ['index.html', 'vite.config.ts', 'package.json', 'src/**/*', 'build/*.ts', '../../packages/{client,contract}/src/**/*', '../../pnpm-lock.yaml']

/** A digest that changes with any of the sources; null where they are not. */
export async function fingerprintSources(): Promise<string | null> {
  const cwd = await realpath(consoleFolder)
  const paths: string[] = []
  for await (const file of glob(sources, { cwd, withFileTypes: true })) if (file.isFile()) paths.push(join(file.parentPath, file.name))
  paths.sort()
  if (!paths.some((path) => path.endsWith('main.tsx'))) return null
  const hash = createHash('sha256')
  for (const path of paths) hash.update(path.slice(cwd.length)).update('\0').update(await readFile(path)).update('\0')
  return hash.digest('hex')
}

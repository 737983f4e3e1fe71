import { appendFile, chmod, cp, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const own = join(import.meta.dirname, '..')
let folder: string
/** A copy of the console, to be built, changed and broken. */
let copy: string

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'reprise-build-')))
  copy = join(folder, 'apps/console')
  for (const name of ['index.html', 'package.json', 'vite.config.ts', 'tsconfig.json', 'build', 'src']) await cp(join(own, name), join(copy, name), { recursive: true })
  await cp(join(own, '../../tsconfig.base.json'), join(folder, 'tsconfig.base.json'))
  await symlink(join(own, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true }))

/** As a host does it: in a process of its own, for there may be several. */
async function ensureBuilt(): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', `const { ensureBuilt } = await import(${JSON.stringify(join(copy, 'build/index.ts'))}); console.log(await ensureBuilt())`])
  return stdout.trim()
}

async function listFolder(): Promise<string[]> {
  return (await readdir(copy)).filter((name) => name.startsWith('dist'))
}

it('is built once for all who need it, again when a source has changed, and never half', async () => {
  const dist = join(copy, 'dist')
  expect(await Promise.all([ensureBuilt(), ensureBuilt()])).toEqual([dist, dist])
  expect(await listFolder(), 'nothing is left of either').toEqual(['dist'])
  const html = await readFile(join(dist, 'index.html'), 'utf8')
  for (const [, path] of html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)) expect((await stat(join(dist, path!))).size, path).toBeGreaterThan(0)
  const { ino, mtimeMs } = await stat(join(dist, 'fingerprint'))

  expect(await ensureBuilt()).toBe(dist)
  expect(await stat(join(dist, 'fingerprint'))).toMatchObject({ ino, mtimeMs })

  // Broken, it stays what it was, and says what is wrong.
  const main = join(copy, 'src/main.tsx')
  const sound = await readFile(main, 'utf8')
  await writeFile(main, 'this is no program')
  await expect(ensureBuilt()).rejects.toThrow(/could not be built[\s\S]*main\.tsx/)
  expect(await stat(join(dist, 'fingerprint'))).toMatchObject({ ino, mtimeMs })
  expect(await listFolder()).toEqual(['dist'])

  await writeFile(main, sound)
  await appendFile(join(copy, 'index.html'), '<!-- changed -->\n')
  expect(await ensureBuilt()).toBe(dist)
  expect(await readFile(join(dist, 'index.html'), 'utf8')).toContain('<!-- changed -->')

  // As in an image of a deployment: no sources, and nothing that may be written.
  await rm(join(copy, 'src'), { recursive: true })
  await chmod(copy, 0o555)
  expect(await ensureBuilt()).toBe(dist)
  await chmod(copy, 0o755)
})

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const folder = join(import.meta.dirname, '..')

it('every component that is used has its sheet, where it has one', () => {
  const sheets = readFileSync(join(folder, 'src/app/component-styles.ts'), 'utf8')
  const used = new Set<string>()
  for (const path of globSync('src/**/*.tsx', { cwd: folder })) {
    for (const [, names] of readFileSync(join(folder, path), 'utf8').matchAll(/\{([^{}]*)\} from '@mantine\/core'/g)) for (const name of names!.split(',')) used.add(name.trim().split(' ')[0]!)
  }
  const missing = [...used].filter((name) => existsSync(join(folder, `node_modules/@mantine/core/styles/${name}.css`)) && !sheets.includes(`/${name}.css`))
  expect(used.size).toBeGreaterThan(30)
  expect(missing).toEqual([])
})

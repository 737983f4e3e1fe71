import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findBoundaryViolations, findCircle, type Package } from './find-boundary-violations.ts'

const root = join(import.meta.dirname, '..')

function readPackages(): Package[] {
  return globSync('{apps,packages}/*/package.json', { cwd: root }).map((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<'dependencies' | 'peerDependencies', Record<string, string> | undefined> & { name: string } // pnpm demands it
    const { name } = manifest
    const dependencies = { ...manifest.dependencies, ...manifest.peerDependencies }
    const folder = dirname(path)
    expect(name).toBe(`@reprise/${basename(folder)}`)
    const sources = new Map(globSync(`${folder}/src/**/*.{ts,tsx}`, { cwd: root }).map((source) => [source, readFileSync(join(root, source), 'utf8')]))
    return { name: basename(folder), folder, dependencies: Object.keys(dependencies), sources }
  })
}

describe('the code base', () => {
  const packages = readPackages()

  test.each(packages)('$name imports only what the design allows', (pkg) => {
    expect(findBoundaryViolations(pkg)).toEqual([])
  })

  test('has no circle of packages', () => {
    expect(packages.length).toBeGreaterThanOrEqual(8)
    expect(findCircle(packages)).toBeNull()
  })
})

describe('the check of boundaries', () => {
  function check(name: string, text: string, dependencies: string[] = []): string[] {
    const folder = `packages/${name}`
    return findBoundaryViolations({ name, folder, dependencies, sources: new Map([[`${folder}/src/a/b.ts`, text]]) })
  }

  test('finds an import against the direction, in whatever form it is written', () => {
    for (const text of [
      `import { createEngine } from '@reprise/engine'`,
      `import type { Engine } from '@reprise/engine'`,
      `export * from '@reprise/engine'`,
      `export { type Engine } from '@reprise/engine'`,
      `const engine = await import('@reprise/engine')`,
      `type Engine = import('@reprise/engine').Engine`,
    ]) {
      expect(check('store', text), text).toEqual(['packages/store/src/a/b.ts imports @reprise/engine: not from this package'])
    }
  })

  test('finds a package entered by its folders', () => {
    expect(check('api', `import { Hub } from '../../../store/src/events/hub.ts'`)).toHaveLength(1)
    expect(check('api', `import { Hub } from '../c.ts'`)).toEqual([])
  })

  test('lets the client know the types of api, and nothing that runs', () => {
    expect(check('client', `import type { AppRouter } from '@reprise/api'`, ['@reprise/api'])).toEqual([])
    expect(check('client', `import { apiPlugin } from '@reprise/api'`, ['@reprise/api'])).toEqual(['packages/client/src/a/b.ts imports @reprise/api: its types only'])
    expect(check('client', `import { type AppRouter } from '@reprise/api'`, ['@reprise/api'])).toHaveLength(1)
  })

  test('keeps the client fit for a browser, which has no node', () => {
    expect(check('client', `import { createInterface } from 'node:readline'`)).toEqual(['packages/client/src/a/b.ts imports node:readline: it must run in a browser too'])
  })

  test('keeps the database and the decoders where they belong', () => {
    expect(check('store', `import pg from 'pg'`, ['pg'])).toEqual([])
    expect(check('api', `import pg from 'pg'`, ['pg'])).toHaveLength(2)
    expect(check('engine', `import sharp from 'sharp'`)).toEqual(['packages/engine/src/a/b.ts imports sharp: not from this package'])
  })

  test('finds SQL outside of store, and no SQL in prose or comments', () => {
    expect(check('api', 'db.query(`select id from t`); db.query(`SELECT id\\nFROM sessions WHERE id = $1`)')).toEqual(['packages/api/src/a/b.ts holds SQL: it belongs in store'])
    expect(check('api', `throw new Error('Select one from the list, and update it') // SELECT id FROM sessions`)).toEqual([])
  })

  test('keeps contract to zod, without node', () => {
    expect(check('contract', `import { z } from 'zod'`, ['zod'])).toEqual([])
    expect(check('contract', `import { join } from 'node:path'`)).toEqual(['packages/contract/src/a/b.ts imports node:path: it must run in a browser too'])
    expect(check('contract', `import fastify from 'fastify'`)).toHaveLength(1)
  })

  test('finds a dependency that the manifest does not declare, or may not', () => {
    expect(check('api', `import fastify from 'fastify'`)).toEqual(['packages/api/src/a/b.ts imports fastify: it is not among the dependencies in package.json'])
    expect(check('store', '', ['@reprise/api'])).toEqual(['packages/store/package.json depends on @reprise/api'])
    expect(check('utils', '')).toEqual(['packages/utils is no package of the design'])
  })

  test('finds a circle', () => {
    const named = (name: string, ...needs: string[]) => ({ name, dependencies: needs.map((need) => `@reprise/${need}`) })
    expect(findCircle([named('a', 'b'), named('b', 'c'), named('c', 'b')])).toEqual(['b', 'c', 'b'])
    expect(findCircle([named('a', 'b', 'c'), named('b', 'c'), named('c')])).toBeNull()
  })
})

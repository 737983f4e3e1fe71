import { globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const source = fileURLToPath(new URL('../src', import.meta.url))

/** The packages that a file loads, itself and through other files of this package. Types are not loaded. */
function listLoadedPackages(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set()
  seen.add(file)
  const packages = new Set<string>()
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )(?:[\w{}*\s,]+ from )?'([^']+)'/gm)) {
    if (!specifier!.startsWith('.')) packages.add(specifier!)
    else for (const found of listLoadedPackages(resolve(dirname(file), specifier!), seen)) packages.add(found)
  }
  return packages
}

function listForeign(file: string): string[] {
  return [...listLoadedPackages(resolve(source, file))].filter((name) => !name.startsWith('node:')).toSorted()
}

it('the main thread does not load sharp', () => {
  expect(listForeign('index.ts')).toEqual(['@reprise/contract', 'piscina'])
})

it('a thread loads nothing but the contract, Piscina and sharp', () => {
  expect(listForeign('tasks.ts')).toEqual(['@reprise/contract', 'piscina', 'sharp'])
})

it('what reads web pages and YAML, and judges schemas, is loaded later, by the first thread that sees one', () => {
  const later = globSync('**/*.ts', { cwd: source }).flatMap((file) =>
    [...readFileSync(resolve(source, file), 'utf8').matchAll(/\bimport\('([^']+)'\)/g)].map(([, specifier]) => `${file} ${specifier}`),
  )
  expect(later).toEqual([
    'tasks.ts ./web-page/convert-web-page.ts', 'tasks.ts ./tool-schemas/check-tool-schema.ts', 'tasks.ts ./tool-schemas/check-tool-arguments.ts', 'tasks.ts ./read-front-matter.ts',
  ])
  expect(listForeign('read-front-matter.ts')).toEqual(['yaml'])
  expect(listForeign('tool-schemas/check-tool-schema.ts')).toEqual(['@reprise/contract', 'ajv', 'ajv-formats', 'ajv/dist/2020.js'])
  expect(listForeign('web-page/convert-web-page.ts')).toEqual(['@mozilla/readability', 'linkedom', 'turndown'])
})

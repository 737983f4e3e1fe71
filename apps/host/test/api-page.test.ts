import { stripTypeScriptTypes } from 'node:module'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRepriseClient } from '../../../packages/client/src/index.ts'
import { checkTypescriptBlocks } from './support/check-typescript-blocks.ts'
import { HostFolder, type RunningServer } from './support/host-folder.ts'
import { KnownIds } from './support/known-ids.ts'
import { readPage, type Block } from './support/read-page.ts'
import { putCurl, runShellBlock } from './support/run-shell-block.ts'

const { sections, blocks } = readPage()
const apiKey = 'a-key-that-no-page-shows'
const known = new KnownIds()
const blockTimeoutMs = 60_000

let folder: HostFolder
let server: RunningServer
let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'reprise-page-'))
  await putCurl(scratch)
  folder = await HostFolder.create()
  server = await folder.start({ REPRISE_API_KEY: apiKey, REPRISE_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') })
}, blockTimeoutMs)
afterAll(async () => {
  await folder.remove()
  await rm(scratch, { recursive: true, force: true })
}, blockTimeoutMs)

describe('docs/api.md', () => {
  it.each(sections)('%s: has a call in the shell and one in TypeScript', (section) => {
    const languages = blocks.filter((block) => block.section === section).map(({ language }) => language)
    expect([...new Set(languages)].sort()).toEqual(['sh', 'ts'])
  })

  it.each(blocks.map((block) => ({ ...block, block })))('$section, line $line: the $language works', async ({ block }) => await expect(runBlock(block)).resolves.toBeUndefined(), blockTimeoutMs)

  it(
    'has TypeScript that compiles',
    async () => {
      expect(await checkTypescriptBlocks(blocks.filter(({ language }) => language === 'ts'), scratch)).toBe('')
    },
    blockTimeoutMs,
  )
})

async function runBlock({ language, text }: Block): Promise<void> {
  switch (language) {
    case 'sh': {
      const written = await runShellBlock(text, server, scratch, { ...known.variables, REPRISE_API_KEY: apiKey })
      return known.addFrom(parseAnswer(written))
    }
    case 'ts':
      return await runTypescript(text)
    default:
      throw new Error(`nobody knows how to run ${JSON.stringify(language)}`)
  }
}

async function runTypescript(text: string): Promise<void> {
  const scope = { client: createRepriseClient({ url: server.address, api_key: apiKey }), ...known.constants }
  // A function of its own takes `await`, and keeps the names of one block from the next.
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor // the only way to it
  const run = AsyncFunction(...Object.keys(scope), stripTypeScriptTypes(`async () => {${text}}`).slice('async () => {'.length, -1)) as (...given: unknown[]) => Promise<unknown> // an async one
  await run(...Object.values(scope))
}

/** Null for what is no JSON: a stream, a document, nothing. */
function parseAnswer(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch {
    return null
  }
}

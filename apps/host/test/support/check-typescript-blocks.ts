import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Block } from './read-page.ts'

const root = join(import.meta.dirname, '../../../..')

/** What the compiler says of the blocks; nothing where they are right. Each line begins with the block's place on the page. */
export async function checkTypescriptBlocks(blocks: readonly Block[], folder: string): Promise<string> {
  const constants = [...new Set(blocks.flatMap(({ text }) => text.match(/\b[a-z]+_id\b/g) ?? []))]
  const files = await Promise.all(
    blocks.map(async ({ text, line }) => {
      const path = join(folder, `line-${line}.ts`)
      const head = `import type { RepriseClient } from '${root}/packages/client/src/index.ts'; `
      await writeFile(path, `${head}export async function run(client: RepriseClient, ${constants.map((name) => `${name}: string`).join(', ')}) {\n${text}}\n`)
      return path
    }),
  )
  const options = { noEmit: true, rewriteRelativeImportExtensions: false, noUnusedLocals: false, noUnusedParameters: false, typeRoots: [join(root, 'node_modules/@types')], types: ['node'] }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions: options, files }))
  const tsc = join(root, 'node_modules/.bin/tsc')
  return await promisify(execFile)(tsc, ['-p', folder]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
}

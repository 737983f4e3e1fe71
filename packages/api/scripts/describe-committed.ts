import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeApi } from '../src/docs/describe-api.ts'

export const documentPath = join(import.meta.dirname, '../../../docs/openapi.json')

/** What docs/openapi.json has to be. */
export async function describeCommitted(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string } // pnpm demands it
  return JSON.stringify(await describeApi(version), null, 2) + '\n'
}

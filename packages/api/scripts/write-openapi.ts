/** Writes docs/openapi.json from the routes: `pnpm openapi`. */
import { writeFileSync } from 'node:fs'
import { describeCommitted, documentPath } from './describe-committed.ts'

writeFileSync(documentPath, await describeCommitted())
console.log('docs/openapi.json is written')

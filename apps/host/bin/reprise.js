#!/usr/bin/env node
import { join } from 'node:path'
// Plain JavaScript that every Node can read: an older one must be told what to do, and not fail on the first line of TypeScript.
const nodeMajorMin = 24

if (Number(process.versions.node.split('.')[0]) >= nodeMajorMin) {
  // What was compiled once is kept: half of a start would be spent on it. In the install, where nobody else writes; where
  // nobody may write, it does without. Processes that this one starts find it too.
  const { enableCompileCache } = await import('node:module')
  process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../node_modules/.cache/reprise')
  enableCompileCache()
  await import('../src/main.ts')
} else {
  console.error(`Reprise needs Node ${nodeMajorMin} or newer, and this is ${process.version}.

On Linux (x64 and arm64) the right one comes with the install: start through pnpm ("pnpm start", "pnpm demo"), which puts it first.
Elsewhere install Node ${nodeMajorMin} or newer from https://nodejs.org and try again.`)
  process.exitCode = 1
}

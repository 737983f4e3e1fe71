#!/usr/bin/env node
// Plain JavaScript that every Node can read: an older one must be told what to do, and not fail on the first line of TypeScript.
const nodeMajorMin = 24

if (Number(process.versions.node.split('.')[0]) >= nodeMajorMin) {
  await import('../src/main.ts')
} else {
  console.error(`Reprise needs Node ${nodeMajorMin} or newer, and this is ${process.version}.

On Linux (x64 and arm64) the right one comes with the install: start through pnpm ("pnpm start", "pnpm demo"), which puts it first.
Elsewhere install Node ${nodeMajorMin} or newer from https://nodejs.org and try again.`)
  process.exitCode = 1
}

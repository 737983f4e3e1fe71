import type { ParseArgsOptionsConfig } from 'node:util'

/** What the command line of every example takes. */
export const commonOptions = {
  url: { type: 'string', default: 'http://127.0.0.1:9000' },
  'api-key': { type: 'string' },
  agent: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

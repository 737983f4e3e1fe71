import type { Flags } from '../command-line.ts'

/** What the command line may say of keys. */
export const keysFlags = {
  name: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  organization: { type: 'string' },
  'requests-per-minute': { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies Flags

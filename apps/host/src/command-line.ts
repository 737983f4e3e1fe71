import type { ParseArgsConfig } from 'node:util'

/** What a command understands behind its name, for `parseArgs`. */
export type Flags = NonNullable<ParseArgsConfig['options']>

/** What was given behind a command's name. */
export interface CommandLine {
  words: readonly string[]
  options: Readonly<Record<string, string | boolean | undefined>>
}

import type { CommandLine } from '../command-line.ts'
import type { Config } from '../config.ts'
import { StartError } from '../start-error.ts'
import { createKey } from './create-key.ts'
import type { keysFlags } from './flags.ts'
import { listKeys } from './list-keys.ts'
import { revokeKey } from './revoke-key.ts'

type Flag = keyof typeof keysFlags

const actions: Record<string, { flags: readonly Flag[]; usage: string; takesWord: boolean; run(config: Config, line: CommandLine): Promise<void> }> = {
  create: {
    flags: ['name', 'scopes', 'expires', 'organization', 'requests-per-minute', 'json'],
    usage: 'create --name <what it is for> [--scopes read,write,admin] [--expires 30d] [--organization <id or name>] [--requests-per-minute <number>] [--json]',
    takesWord: false,
    run: createKey,
  },
  list: { flags: ['organization', 'json'], usage: 'list [--organization <id or name>] [--json]', takesWord: false, run: listKeys },
  revoke: { flags: [], usage: 'revoke <id>', takesWord: true, run: revokeKey },
}

/** Makes, shows and revokes keys, whether or not a server runs on the database: one that does takes notice within 5 s. */
export async function keys(config: Config, { words: [name = '', ...words], options }: CommandLine): Promise<void> {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (!action) throw new StartError(`It is one of:\n\n${Object.values(actions).map(({ usage }) => `  reprise keys ${usage}`).join('\n')}`)
  if (words.length !== (action.takesWord ? 1 : 0)) throw new StartError(`It is "reprise keys ${action.usage}".`)
  const given: readonly string[] = action.flags
  const stray = Object.keys(options).find((option) => !given.includes(option))
  if (stray !== undefined) throw new StartError(`--${stray} does not go with "reprise keys ${name}", which is "reprise keys ${action.usage}".`)
  await action.run(config, { words, options })
}

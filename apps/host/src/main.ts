import { parseArgs } from 'node:util'
import { AppError } from '@reprise/contract'
import type { CommandLine, Flags } from './command-line.ts'
import { readConfig, readRole, type Config } from './config.ts'
import { crashtestFlags } from './crashtest/options.ts'
import { keysFlags } from './keys/flags.ts'
import { hideUrlPasswords } from './log.ts'
import { StartError } from './start-error.ts'
import { version } from './version.ts'

interface Command {
  summary: string
  /** What it alone understands, behind its name. */
  flags?: Flags
  /** There are words behind it, such as what to do. */
  takesWords?: true
  run(config: Config, line: CommandLine): Promise<void>
}

// Each command loads what it needs only when it is called.
const commands: Record<string, Command> = {
  serve: { summary: 'start the server, and PostgreSQL with it where DATABASE_URL is not set (the default)', run: async (config, { options }) => (await import('./serve.ts')).serve(config, options) },
  migrate: { summary: 'bring the database up to date and end', run: async (config) => (await import('./migrate-database.ts')).migrateDatabase(config) },
  demo: { summary: 'post a text and a picture to the running server and show what happens', run: async (config) => (await import('./demo/demo.ts')).demo(config) },
  keys: {
    summary: 'create, list and revoke API keys',
    flags: keysFlags,
    takesWords: true,
    run: async (config, line) => (await import('./keys/keys.ts')).keys(config, line),
  },
  organizations: {
    summary: 'create and list organizations, each with keys, agents and sessions of its own',
    takesWords: true,
    run: async (config, line) => (await import('./organizations/organizations.ts')).organizations(config, line),
  },
  'webhook-secret': {
    summary: 'print the secret that signs what webhook tools get',
    flags: { organization: { type: 'string' } },
    run: async (config, line) => (await import('./print-webhook-secret.ts')).printWebhookSecret(config, line),
  },
  crashtest: {
    summary: 'kill, freeze and cut off servers under load, and check that every promise is kept',
    flags: crashtestFlags,
    run: async (config, { options }) => (await import('./crashtest/crashtest.ts')).crashtest(config, options),
  },
}

const help = `Reprise ${version}, a durable agent-session server

Usage: reprise [command]

${Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(16)}${summary}`).join('\n')}
  ${'help'.padEnd(16)}show this

Options: --pretty (readable log lines, also where they do not go to a terminal), --version, --help,
         --role (of serve: api accepts and streams, worker runs turns, all does both and is the default)
Of keys: create --name, --scopes, --expires, --organization, --requests-per-minute, --json; list; revoke <id>
Of organizations: create <name>; list
Of webhook-secret: --organization
Of crashtest: --processes, --turns, --kills, --freezes, --cuts, --database-restarts, --seed, --no-sweep, --short

Settings are environment variables: PORT, HOST, DATABASE_URL, REPRISE_DATA_DIR, REPRISE_API_KEY, REPRISE_CORS_ORIGINS,
REPRISE_REQUESTS_PER_MINUTE, REPRISE_EGRESS_ALLOW, REPRISE_MCP_SERVERS, REPRISE_SECRET_KEY, REPRISE_SECRET_KEY_PREVIOUS,
REPRISE_ROLE, REPRISE_LOG_LEVEL, OPENAI_API_KEY, ANTHROPIC_API_KEY. The README says what each of them does.`

try {
  await runCommand(process.argv.slice(2))
} catch (error) {
  console.error(describe(error))
  // Not by exit(): what was written to a pipe must get there.
  process.exitCode = 1
}

async function runCommand(args: string[]): Promise<void> {
  const { values, positionals } = parseArguments(args)
  const [name = 'serve', ...rest] = positionals
  if (values.version) return console.log(version)
  if (values.help || name === 'help') return console.log(help)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command || (rest.length > 0 && !command.takesWords)) throw new StartError(`There is no command "${positionals.join(' ')}". "reprise help" lists those that are there.`)
  if (values.role !== undefined && name !== 'serve') throw new StartError(`--role goes with "serve" only.`)
  const config = readConfig()
  const { help: _help, version: _version, role, ...options } = values
  await command.run(typeof role === 'string' ? { ...config, role: readRole(role) } : config, { words: rest, options })
}

function parseArguments(args: string[]) {
  const name = args[0] ?? ''
  const flags: Flags = Object.hasOwn(commands, name) ? (commands[name]?.flags ?? {}) : {}
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      allowNegative: true,
      options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' }, pretty: { type: 'boolean' }, role: { type: 'string' }, ...flags },
    })
  } catch (error) {
    throw new StartError(`${(error as Error).message}. "reprise help" lists the commands.`) // parseArgs throws errors only
  }
}

/** What was refused on purpose is said in its own words; anything else is a fault of ours, and its stack is needed. */
function describe(error: unknown): string {
  if (error instanceof StartError || error instanceof AppError) return hideUrlPasswords(error.message)
  return hideUrlPasswords(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

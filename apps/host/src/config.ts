import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { OperatorMcpServer } from '@reprise/engine'
import type { VendorType } from '@reprise/store'
import { z } from 'zod'
import { chooseDataDir } from './choose-data-dir.ts'
import { decodeSecretKey } from './decode-secret-key.ts'
import { readMcpServers } from './read-mcp-servers.ts'
import { StartError } from './start-error.ts'

/** `api` accepts and streams, `worker` runs turns, `all` does both. */
const roles = ['all', 'api', 'worker'] as const
const roleExpected = `one of ${roles.join(', ')}`
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const headerText = () => z.string().regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces').optional()
const secretKey = () => z.string().refine((text) => decodeSecretKey(text) !== null, '32 bytes, as base64 or as hex, such as "openssl rand -base64 32" makes them').optional()

/** Everything that can be set from outside. Each message says what was expected; what was got is added below. */
const environment = z.object({
  PORT: z.string().refine(isPort, 'a port from 0 to 65535 (0: any that is free)').transform(Number).default(9000),
  HOST: z.string().refine(isHostName, 'an address or host name to listen on, such as 127.0.0.1').default('127.0.0.1'),
  DATABASE_URL: z.string().refine(isPostgresUrl, 'the address of a PostgreSQL 15 or newer, such as postgresql://user:password@host:5432/database').optional(),
  REPRISE_DATA_DIR: z.string().optional(),
  REPRISE_API_KEY: headerText(),
  REPRISE_SECRET_KEY: secretKey(),
  REPRISE_SECRET_KEY_PREVIOUS: secretKey(),
  OPENAI_API_KEY: headerText(),
  ANTHROPIC_API_KEY: headerText(),
  REPRISE_CORS_ORIGINS: listOf(isOrigin, 'origins separated by commas, such as https://app.example.com,http://localhost:3000'),
  REPRISE_EGRESS_ALLOW: listOf(isHostAndPort, 'host:port pairs separated by commas, such as localhost:11434,10.0.0.7:8080'),
  REPRISE_MCP_SERVERS: z.string().optional(),
  REPRISE_REQUESTS_PER_MINUTE: z.string().refine(isPositiveCount, 'a whole number from 1 to 1000000000').transform(Number).optional(),
  REPRISE_ROLE: z.enum(roles, roleExpected).default('all'),
  REPRISE_LOG_LEVEL: z.enum(logLevels, `one of ${logLevels.join(', ')}`).default('info'),
})

const secretNames: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'REPRISE_API_KEY',
  'REPRISE_SECRET_KEY',
  'REPRISE_SECRET_KEY_PREVIOUS',
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
] satisfies (keyof typeof environment.shape)[])

export type Role = (typeof roles)[number]

export interface Config {
  port: number
  host: string
  /** Null: the built-in PostgreSQL, in the data folder. */
  databaseUrl: string | null
  /** Absolute. A relative one is below the folder that the command is started in; for every script that is the repository's root. */
  dataDir: string
  /** The operator's. Null: while no other key was made none is asked for, and only this machine may call. */
  apiKey: string | null
  /** In hex. Seals the keys of providers; null: a key in the data folder does, or with a DATABASE_URL none. */
  secretKey: string | null
  /** In hex. Opens what it sealed before `secretKey` took its place. */
  previousSecretKey: string | null
  /** Of vendors, for the providers that are seeded for them. */
  vendorKeys: Partial<Record<VendorType, string>>
  corsOrigins: string[]
  /** Inward places, as `host:port`, that the server may call on behalf of a caller. */
  egressAllow: string[]
  /** MCP servers that agents and sessions may name by `ref`. */
  mcpServers: Readonly<Record<string, OperatorMcpServer>>
  /** Of each key that has no limit of its own; without keys, of each organization. Null: no limit. */
  requestsPerMinute: number | null
  role: Role
  logLevel: (typeof logLevels)[number]
}

export function readConfig(variables: NodeJS.ProcessEnv = process.env): Config {
  // Compose files and CI set what they do not fill in to the empty string.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(given)
  if (!parsed.success) throw new StartError(parsed.error.issues.map((issue) => describeIssue(issue, given)).join('\n'))
  const { PORT, HOST, DATABASE_URL, REPRISE_DATA_DIR, REPRISE_API_KEY, REPRISE_CORS_ORIGINS, REPRISE_EGRESS_ALLOW, REPRISE_MCP_SERVERS, REPRISE_REQUESTS_PER_MINUTE, REPRISE_ROLE, REPRISE_LOG_LEVEL } = parsed.data
  const { REPRISE_SECRET_KEY, REPRISE_SECRET_KEY_PREVIOUS, OPENAI_API_KEY, ANTHROPIC_API_KEY } = parsed.data
  if (DATABASE_URL !== undefined && REPRISE_SECRET_KEY_PREVIOUS !== undefined && REPRISE_SECRET_KEY === undefined) {
    throw new StartError('REPRISE_SECRET_KEY_PREVIOUS is set, and REPRISE_SECRET_KEY, which takes its place, is not.')
  }
  return {
    port: PORT,
    host: HOST,
    databaseUrl: DATABASE_URL ?? null,
    dataDir: REPRISE_DATA_DIR === undefined ? chooseDataDir(process.cwd()) : resolve(REPRISE_DATA_DIR),
    apiKey: REPRISE_API_KEY ?? null,
    secretKey: toHex(REPRISE_SECRET_KEY),
    previousSecretKey: toHex(REPRISE_SECRET_KEY_PREVIOUS),
    vendorKeys: { ...(OPENAI_API_KEY !== undefined && { openai: OPENAI_API_KEY }), ...(ANTHROPIC_API_KEY !== undefined && { anthropic: ANTHROPIC_API_KEY }) },
    corsOrigins: REPRISE_CORS_ORIGINS,
    egressAllow: REPRISE_EGRESS_ALLOW,
    mcpServers: REPRISE_MCP_SERVERS === undefined ? {} : readMcpServers(resolve(REPRISE_MCP_SERVERS)),
    requestsPerMinute: REPRISE_REQUESTS_PER_MINUTE ?? null,
    role: REPRISE_ROLE,
    logLevel: REPRISE_LOG_LEVEL,
  }
}

/** The role that the command line names. It goes before the environment's. */
export function readRole(given: string): Role {
  const role = roles.find((one) => one === given)
  if (role === undefined) throw new StartError(`--role must be ${roleExpected}; it is ${JSON.stringify(given)}.`)
  return role
}

function describeIssue({ path, message }: z.core.$ZodIssue, given: NodeJS.ProcessEnv): string {
  const name = String(path[0])
  const got = secretNames.has(name) ? 'something else (not shown, it may hold a secret)' : JSON.stringify(given[name])
  return `${name} must be ${message}; it is ${got}.`
}

function toHex(secretKey: string | undefined): string | null {
  return secretKey === undefined ? null : (decodeSecretKey(secretKey)?.toString('hex') ?? null)
}

/** What stands between commas; none where nothing is set. */
function listOf(isItem: (item: string) => boolean, expected: string) {
  const items = z.string().transform((text) => text.split(',').map((item) => item.trim()))
  return items.refine((list) => list.every(isItem), expected).default([])
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
}

function isPositiveCount(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000_000_000
}

function isHostName(text: string): boolean {
  return isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)
}

function isHostAndPort(text: string): boolean {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(text) ?? []
  return isHostName(host.replace(/^\[(.+)\]$/, '$1')) && isPort(port) && Number(port) > 0
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text)
}

import { formatPath, mcpHeaders, mcpServerTerms } from '@reprise/contract'
import type { OperatorMcpServer } from '@reprise/engine'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { StartError } from './start-error.ts'

const program = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  ...mcpServerTerms,
})
const place = z.strictObject({
  type: z.enum(['http', 'streamable_http']).optional(),
  url: z.url({ protocol: /^https?$/ }),
  headers: mcpHeaders.optional(),
  ...mcpServerTerms,
})
const name = /^[a-z0-9_-]{1,32}$/

/** Reads the operator's MCP servers. What is wrong with them is said by its path; values are not, for they may be secrets. */
export function readMcpServers(file: string): Record<string, OperatorMcpServer> {
  const { mcpServers } = accept(file, z.strictObject({ mcpServers: z.record(z.string(), z.unknown()) }), parse(file, read(file)))
  const servers = Object.entries(mcpServers).map(([server, given]): [string, OperatorMcpServer] => {
    const at = ['mcpServers', server]
    if (!name.test(server)) throw refuse(file, at, 'the name must be 1 to 32 lowercase letters, digits, underscores and hyphens')
    if (typeof given !== 'object' || given === null || 'command' in given === 'url' in given) throw refuse(file, at, 'must have either command or url')
    const { type: _, ...rest } = 'command' in given ? accept(file, program, given, at) : accept(file, place, given, at)
    return [server, rest]
  })
  return Object.fromEntries(servers)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new StartError(`REPRISE_MCP_SERVERS must be the path of a JSON file that can be read; it is ${JSON.stringify(file)} (${(error as NodeJS.ErrnoException).code}).`) // fs throws nothing else
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new StartError(`REPRISE_MCP_SERVERS: ${file} is not valid JSON.`)
  }
}

function accept<S extends z.ZodType>(file: string, schema: S, value: unknown, at: readonly string[] = []): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw refuse(file, [...at, ...path], message)
}

function refuse(file: string, path: readonly PropertyKey[], message: string): StartError {
  return new StartError(`REPRISE_MCP_SERVERS: in ${file}, ${path.length === 0 ? 'the file' : formatPath(path)}: ${message}.`)
}

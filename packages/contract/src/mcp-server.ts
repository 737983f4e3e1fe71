import { z } from 'zod'
import { effectsMode } from './turn.ts'

/** What stands in an answer in place of a header's value: the value is never shown again. */
export const hiddenHeaderValue = '***'

const serversMax = 16
const headersMax = 32
const headerCharactersMax = 8192
const urlCharactersMax = 2048

const serverName = /^[a-z0-9_-]{1,32}$/
const serverNameRule = 'the name of an MCP server must be 1 to 32 lowercase letters, digits, underscores and hyphens'
const headerName = /^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,128}$/
const headerValue = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/
/** These belong to the protocol: another value would break it, or smuggle a second request. */
const protocolHeaders: ReadonlySet<string> = new Set([
  'accept', 'connection', 'content-encoding', 'content-length', 'content-type', 'expect', 'host', 'keep-alive', 'last-event-id', 'mcp-protocol-version',
  'mcp-session-id', 'te', 'trailer', 'transfer-encoding', 'upgrade',
])

/** What an MCP server is used with, whoever names it. */
export const mcpServerTerms = {
  description: z.string().max(4096).optional(),
  timeout_ms: z.int().min(1).max(300_000).optional().describe('How long one call may take; 60 s without it'),
  /** Without it, a tool that says of itself that it only reads, or may be repeated, is idempotent, and any other is not. */
  effects: effectsMode.exclude(['transactional']).optional(),
  requires_approval: z.boolean().optional(),
  tools: z.array(z.string().min(1).max(256)).max(200).optional().describe('Only these of its tools, by the names the server gives them'),
}

export const mcpHeaders = z.record(z.string(), z.string()).superRefine((headers, context) => {
  const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message })
  if (Object.keys(headers).length > headersMax) context.addIssue({ code: 'custom', message: `must be at most ${headersMax}` })
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name)) refuse(name, 'is not a name that a header can have')
    else if (protocolHeaders.has(name.toLowerCase())) refuse(name, 'belongs to the protocol and cannot be set')
    else if (value.length > headerCharactersMax || !headerValue.test(value)) refuse(name, `the value must be 1 to ${headerCharactersMax} visible ASCII characters`)
  }
})

/** A command in a request would run a program of the caller's on the server's machine. */
const notFromOutside = z
  .never('a request cannot start a program. The operator lists it in the file that REPRISE_MCP_SERVERS names; use it here by {"ref": "<its name there>"}')
  .optional()

const mcpServer = z
  .object({
    ref: z.string().min(1).max(32).optional().describe('A server of the operator’s configuration; instead of url'),
    type: z.enum(['http', 'streamable_http'], 'must be http, which is streamable HTTP. A program on the server’s machine is used by ref').optional(),
    url: z.url().max(urlCharactersMax).optional(),
    headers: mcpHeaders.optional().describe(`Write-only: answers show each value as ${hiddenHeaderValue}`),
    command: notFromOutside,
    args: notFromOutside,
    env: notFromOutside,
    ...mcpServerTerms,
  })
  .superRefine(({ ref, url, headers }, context) => {
    if ((ref === undefined) === (url === undefined)) context.addIssue({ code: 'custom', message: 'needs exactly one of url and ref' })
    if (ref !== undefined && headers) context.addIssue({ code: 'custom', path: ['headers'], message: 'belongs to url: the headers of a ref are the operator’s' })
  })
  .meta({ id: 'McpServer' })
export type McpServer = z.output<typeof mcpServer>

/** An MCP server that the operator configured. What it is started with, or sent, is nobody else's business. */
export const mcpServerRef = z
  .object({
    ref: z.string().describe('What agents and sessions name it by'),
    description: z.string().nullable(),
    transport: z.enum(['stdio', 'streamable_http']).describe('`stdio`: a program on the server’s machine'),
    host: z.string().nullable().describe('Where its url leads, `host` or `host:port`. Null: a program'),
    timeout_ms: z.int().describe('How long one call may take'),
    effects: effectsMode.nullable().describe('Of each of its tools after a crash. Null: as each tool says of itself'),
    requires_approval: z.boolean(),
    tools: z.array(z.string()).nullable().describe('Only these of its tools. Null: all'),
  })
  .meta({ id: 'McpServerRef', description: 'An MCP server that agents and sessions can name by `ref`' })
export type McpServerRef = z.output<typeof mcpServerRef>

/** By the names that their tools begin with. */
export const mcpServers = z.record(z.string(), mcpServer).superRefine((servers, context) => {
  const names = Object.keys(servers)
  if (names.length > serversMax) context.addIssue({ code: 'custom', message: `must be at most ${serversMax} servers` })
  for (const name of names) if (!serverName.test(name)) context.addIssue({ code: 'custom', path: [name], message: serverNameRule })
})
export type McpServers = z.output<typeof mcpServers>

/** Of a request: the same under both spellings. */
export const mcpServersFields = { mcpServers: mcpServers.nullish(), mcp_servers: mcpServers.nullish().describe('Another spelling of mcpServers') }

export function mergeMcpSpellings<T extends { mcpServers?: McpServers | null; mcp_servers?: McpServers | null }>({ mcp_servers, ...request }: T): Omit<T, 'mcp_servers'> {
  return { ...request, mcpServers: request.mcpServers ?? mcp_servers }
}

// A server as an operator would name it: a program that speaks over stdin and stdout.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'

const server = new McpServer({ name: 'stdio', version: '1' })
const answer = (text: string) => ({ content: [{ type: 'text' as const, text }] })
server.registerTool('pid', { annotations: { readOnlyHint: true } }, () => answer(String(process.pid)))
server.registerTool('environment', { annotations: { readOnlyHint: true } }, () => answer(Object.keys(process.env).sort().join(' ')))
server.registerTool('secret', { annotations: { readOnlyHint: true } }, () => answer(`it is ${process.env['FILES_TOKEN']}`))
server.registerTool('die', {}, () => process.exit(1))
server.registerTool('shout', { annotations: { readOnlyHint: true } }, () => answer('x'.repeat(11 * 1024 * 1024)))
console.error(`started with ${process.env['FILES_TOKEN']}`)
for (let line = 0; line < 1_000; line++) console.error(`line ${line}`)
await server.connect(new StdioServerTransport())

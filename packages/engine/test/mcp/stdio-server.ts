// A server as an operator would name it: a program that speaks over stdin and stdout.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'

const server = new McpServer({ name: 'stdio', version: '1' })
const answer = (text: string) => ({ content: [{ type: 'text' as const, text }] })
server.registerTool('pid', { annotations: { readOnlyHint: true } }, () => answer(String(process.pid)))
server.registerTool('environment', { annotations: { readOnlyHint: true } }, () => answer(Object.keys(process.env).sort().join(' ')))
server.registerTool('secret', { annotations: { readOnlyHint: true } }, () => answer(`it is ${process.env['FILES_TOKEN']}`))
server.registerTool('die', {}, () => process.exit(1))
server.registerTool('shout', { annotations: { readOnlyHint: true } }, () => answer('x'.repeat(11 * 1024 * 1024)))
const token = process.env['FILES_TOKEN'] ?? 'none'
server.registerTool('schema', { description: `${'d'.repeat(4_090)}${token}`, inputSchema: { path: z.string().describe(`as ${token}`) } }, () => answer('done'))
server.registerTool(`with_${token}`, {}, () => answer('done'))
server.registerTool('report', {}, async ({ sendNotification, _meta }) => {
  const progressToken = _meta?.progressToken ?? 0
  // What it tells and what it answers arrive at once.
  process.stdout.cork()
  setTimeout(() => process.stdout.uncork(), 100)
  await sendNotification({ method: 'notifications/progress', params: { progressToken, progress: 1, message: `${'p'.repeat(499)}😀${token}` } })
  return answer('done')
})
console.error(`started with ${process.env['FILES_TOKEN']}`)
console.error(`${'s'.repeat(490)}${token}`)
for (let line = 0; line < 1_000; line++) console.error(`line ${line}`)
await server.connect(new StdioServerTransport())

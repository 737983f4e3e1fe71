/**
 * Starts a protocol server by hand, which takes any key and any model and answers every prompt by echo:
 * `node packages/engine/test/protocol/serve.ts openai 11434`
 */
import { startAnthropicServer } from './anthropic-server.ts'
import { startOpenAiServer } from './openai-server.ts'
import type { ServerOptions } from './server-options.ts'

const [vendor, port = '11434'] = process.argv.slice(2)
const starters: Record<string, (options: ServerOptions) => Promise<{ url: string; close(): Promise<void> }>> = {
  anthropic: startAnthropicServer,
  openai: startOpenAiServer,
}
const start = Object.hasOwn(starters, vendor ?? '') ? starters[vendor ?? ''] : undefined
if (!start || !/^\d+$/.test(port)) {
  console.error('Usage: node packages/engine/test/protocol/serve.ts openai|anthropic [port]')
  process.exit(2)
}
const { url, close } = await start({ port: Number(port), key: null, knows: () => true })
console.log(`Answers as ${vendor} by echo at ${url}; stop it with Ctrl-C`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())

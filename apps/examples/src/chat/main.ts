// A chat in the terminal: `pnpm --filter @reprise/examples chat [--url …] [--api-key …] [--agent assistant] [--capability calculator]`.
import { parseArgs } from 'node:util'
import { commonOptions } from '../common-options.ts'
import { chat } from './chat.ts'

const { values } = parseArgs({ options: { ...commonOptions, capability: { type: 'string', multiple: true } } })
const { url, agent, capability = [], 'api-key': api_key } = values
await chat({ url, api_key, agent_name: agent, capabilities: capability.map((ref) => ({ ref })), input: process.stdin, output: process.stdout })

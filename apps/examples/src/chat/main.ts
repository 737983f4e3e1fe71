// A chat in the terminal: `pnpm --filter @reprise/examples chat [--url …] [--api-key …] [--agent assistant] [--capability calculator]`.
import { parseArgs } from 'node:util'
import { commonOptions } from '../common-options.ts'
import { explainFailure } from '../explain-failure.ts'
import { chat } from './chat.ts'

const { values } = parseArgs({ options: { ...commonOptions, capability: { type: 'string', multiple: true } } })
const { url, agent, capability = [], 'api-key': api_key } = values
const capabilities = capability.map((ref) => ({ ref }))
await explainFailure(url, () => chat({ url, api_key, agent_name: agent, capabilities, input: process.stdin, output: process.stdout }))

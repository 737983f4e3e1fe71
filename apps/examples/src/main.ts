import { parseArgs } from 'node:util'
import { chat } from './chat.ts'

const { values } = parseArgs({
  options: { url: { type: 'string', default: 'http://127.0.0.1:9000' }, 'api-key': { type: 'string' }, agent: { type: 'string' } },
})
const { url, agent, 'api-key': api_key } = values
await chat({ url, ...(api_key !== undefined && { api_key }), ...(agent !== undefined && { agent_name: agent }), input: process.stdin, output: process.stdout })

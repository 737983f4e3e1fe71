// A thousand messages: `pnpm --filter @reprise/examples batch [--url …] [--api-key …] [--messages 1000] [--sessions 50] [--in-flight 32]`.
import { parseArgs } from 'node:util'
import { commonOptions } from '../common-options.ts'
import { explainFailure } from '../explain-failure.ts'
import { runBatch } from './batch.ts'

const { values } = parseArgs({
  options: {
    ...commonOptions,
    messages: { type: 'string', default: '1000' },
    sessions: { type: 'string', default: '50' },
    'in-flight': { type: 'string', default: '32' },
  },
})
const { url, agent, messages, sessions, 'in-flight': in_flight, 'api-key': api_key } = values
const questions = Array.from({ length: Number(messages) }, (_, index) => `Question ${index}`)
await explainFailure(url, async () => {
  await runBatch({ url, api_key, agent_name: agent, questions, sessions: Number(sessions), in_flight: Number(in_flight), output: process.stdout })
})

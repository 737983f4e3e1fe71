// A bot with tools of its own: `pnpm --filter @reprise/examples bot [--url …] [--api-key …] [--file list.json] [--session sess_…] 'Put two apples on my list.'`.
import { createRepriseClient } from '@reprise/client'
import { parseArgs } from 'node:util'
import { commonOptions } from '../common-options.ts'
import { explainFailure } from '../explain-failure.ts'
import { askBot, openBotSession, resumeBot } from './bot.ts'
import { createShoppingTools, ShoppingList } from './shopping-list.ts'

const { values, positionals } = parseArgs({ options: { ...commonOptions, file: { type: 'string' }, session: { type: 'string' } }, allowPositionals: true })
const { url, agent, file, session, 'api-key': api_key } = values
const client = createRepriseClient({ url, api_key })
const tools = createShoppingTools(new ShoppingList(file ?? null))
const options = { client, tools, output: process.stdout }
await explainFailure(url, async () => {
  const sessionId = session ?? (await openBotSession(client, tools, agent))
  console.log(`Session ${sessionId}`)
  if (session !== undefined && (await resumeBot(options, session))) console.log('Took up what was left.')
  for (const text of positionals) await askBot(options, sessionId, text)
})

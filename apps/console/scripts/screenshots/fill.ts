import { followTurn, postMessage, type PostedMessage, type RepriseClient, type SessionEvent } from '@reprise/client'
import type { Answer } from '../../../../packages/engine/test/protocol/answer.ts'
import type { Models } from './add-models.ts'
import { drawChart } from './draw-chart.ts'
import type { Stage } from './stage.ts'

/** What the pictures are of, by id. */
export interface Filled {
  agent: string
  conversation: string
  /** The turn that called tools. */
  turn: string
  /** The turn whose worker was killed. */
  rescued: string
  approval: string
}

const keyLifeMs = 30 * 86_400_000

const systemPrompt = `You help the staff of a shop for bicycle parts.

Look orders up before you speak of them, and calculate with the calculator. Answer briefly; a table where there are numbers. Never promise a date that no tool has told you.`

const refund = {
  type: 'client_side' as const,
  name: 'refund_order',
  description: 'Pays an order back',
  parameters: { type: 'object', properties: { order: { type: 'integer' }, amount: { type: 'number' }, reason: { type: 'string' } }, required: ['order', 'amount'] },
  requires_approval: true,
}

/** Conversations as they happen, one of them through the death of a worker, and something in every one of the settings. */
export async function fill(client: RepriseClient, stage: Stage, { simulated }: Models): Promise<Filled> {
  const agent = await client.agents.create.mutate({
    name: 'shop-assistant',
    display_name: 'Shop assistant',
    description: 'Orders, stock and deliveries',
    system_prompt: systemPrompt,
    capabilities: [{ ref: 'calculator' }, { ref: 'current_time' }],
    tools: [refund],
    mcpServers: { shop: { url: stage.shop.url } },
    tags: ['support'],
  })
  await client.agents.create.mutate({ name: 'import-clerk', display_name: 'Import clerk', description: 'Checks rows of supplier lists', system_prompt: 'You check one row of a supplier list at a time, and say what is wrong with it.', default_model_id: simulated })

  const create = async (title: string, tags: string[] = []) => (await client.sessions.create.mutate({ agent_id: agent.id, title, tags })).id
  const ask = async (session_id: string, text: string, ...answers: Answer[]) => {
    stage.vendor.queue(...answers)
    return await postMessage(client, { session_id, text })
  }

  const rescue = await create('Size guide, in plain words', ['content'])
  const guide = { says: [sizeGuide], pace: 18 }
  const rescued = await ask(rescue, 'Rewrite the size guide for wheels so that a first-time buyer understands it.', guide, guide)
  await until(client, rescued, ({ type }) => type === 'output.message.delta')
  await stage.killWorker()
  await Promise.all([stage.startWorker(), stage.startWorker()])
  await untilEnd(client, rescued)

  const stock = await create('Brass bells before the holidays')
  await untilEnd(client, await ask(stock, 'Do we have enough brass bells for December?', { says: [{ call: 'shop__stock', arguments: { item: 'Bell, brass' } }] }, { says: ['There are 132 in stock, of which 41 are reserved: **91 are free**. Last December took 78, so yes, with a small margin.'] }))

  const approval = await create('Refund for order 4752', ['refund'])
  const asked = await ask(approval, 'Order 4752 came with a cracked bell. The customer wants the money back.', {
    says: [{ thinking: 'The order is late as well. A refund needs somebody to approve it.' }, 'I can pay back the 24.90 for the bell. Somebody has to approve that first.', { call: 'refund_order', arguments: { order: 4752, amount: 24.9, reason: 'Arrived cracked' } }],
  })
  await until(client, asked, ({ type }) => type === 'tool.approval_requested')

  const conversation = await create('Deliveries of week 47', ['deliveries', 'report'])
  await client.sessions.pin.mutate({ session_id: conversation })
  stage.vendor.queue({
    says: [
      { thinking: 'One bar is much lower than the others: the sixth. For the mean I add the eight values up, and the late orders I look up rather than guess.' },
      { call: 'calculator', arguments: { expression: '(142 + 151 + 139 + 158 + 147 + 96 + 149 + 163) / 8' } },
      { call: 'shop__late_orders', arguments: { week: 47 } },
      { call: 'current_time', arguments: { timezone: 'UTC' } },
    ],
    usage: { input: 1_812, reasoning: 38 },
    pace: 40,
  }, { says: [delivered], usage: { input: 2_240, cache_read: 1_792 }, pace: 60 })
  const image = { type: 'image' as const, base64: await drawChart(), media_type: 'image/png' as const }
  const turn = await postMessage(client, { session_id: conversation, message: { content: [{ type: 'text', text: 'These are the parcels of the last eight days. Which day stands out, what is the mean, and which orders are late because of it?' }, image] } })
  await untilEnd(client, turn)

  await addSettings(client, stage, conversation)
  return { agent: agent.id, conversation, turn: turn.turn_id, rescued: rescued.turn_id, approval }
}

async function addSettings(client: RepriseClient, { receiver }: Stage, session_id: string): Promise<void> {
  await client.keys.create.mutate({ name: 'Deployment', scopes: ['read', 'write'], expires_at: new Date(Date.now() + keyLifeMs).toISOString() })
  await client.webhooks.create.mutate({ url: receiver.url, description: 'Tells the ticket system', events: ['turn.completed', 'turn.failed'] })
  const message = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  await client.schedules.create.mutate({ session_id, name: 'Every morning', message: message('Which orders became late since yesterday?'), cron: '0 7 * * 1-5', timezone: 'Europe/Berlin' })
  await client.schedules.create.mutate({ session_id, name: 'Stocktaking', message: message('Compare the count with the stock.'), at: '2027-01-04T08:00:00Z' })
}

async function until(client: RepriseClient, message: PostedMessage, isIt: (event: SessionEvent) => boolean): Promise<void> {
  for await (const event of followTurn(client, message)) if (isIt(event)) return
  throw new Error(`the turn of ${message.id} ended before it came to that`)
}

async function untilEnd(client: RepriseClient, message: PostedMessage): Promise<void> {
  await until(client, message, ({ type }) => type === 'turn.completed')
}

const delivered = `The **sixth day** stands out: 96 parcels, against a mean of **143.1**.

| Order | Item | Due | Late by |
|---|---|---|---|
| 4711 | Chain, 12-speed | 19 Nov | 4 days |
| 4736 | Brake pads, sintered | 20 Nov | 3 days |
| 4752 | Bell, brass | 21 Nov | 2 days |

To find them again, in the warehouse's database:

\`\`\`sql
SELECT number, item, due FROM orders WHERE due < now() AND delivered_at IS NULL ORDER BY due;
\`\`\`

The carrier's lorry broke down on the 19th, as far as the dates tell: nothing due before that is late.`

const sizeGuide = `## Which wheel fits?

Look at the side of your old tyre. There is a number such as **47-622**.

1. The second part, *622*, is the diameter of the rim in millimetres. It has to be the same.
2. The first part, *47*, is the width of the tyre. A little more or less is fine, as long as it clears the frame.
3. Many tyres also say 28 or 700C. Both mean 622, but only the number with the hyphen is certain.

If you cannot read it any more, measure the rim where the tyre sits, or bring the wheel along.`

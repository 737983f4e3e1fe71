import type { Message, Model, Session } from '@reprise/contract'
import type { Config } from '../config.ts'
import { StartError } from '../start-error.ts'
import { drawGradient } from './draw-gradient.ts'
import { EventPrinter } from './event-printer.ts'
import { readEvents, type KnownEvent } from './read-events.ts'
import { createServerClient } from './server-client.ts'

/** What the sim model is to do, slowly enough to be watched. A real model would decide this by itself. */
const script = {
  steps: [
    {
      thinking: 'A picture and two questions. The time and the sum are for the tools, the picture I can see.',
      signature: 'demo',
      tool_calls: [
        { name: 'current_time', arguments: { timezone: 'UTC' } },
        { name: 'calculator', arguments: { expression: '320 * 200' } },
      ],
      ttft_ms: 300,
      tokens_per_second: 25,
    },
    {
      text: 'The picture is a gradient of 320 by 200, which makes 64,000 pixels, and the clock said what you see above. Every step of this was committed to PostgreSQL before it was shown: had the server been killed in the middle, its next start would have gone on from there.',
      ttft_ms: 300,
      tokens_per_second: 25,
    },
  ],
}

const text = `What is in this picture, how many pixels has it, and what time is it?\n\n\`\`\`sim\n${JSON.stringify(script)}\n\`\`\``

/** Posts a text and a picture to the running server, and shows the turn that they start. */
export async function demo(config: Config): Promise<void> {
  const server = createServerClient(config)
  // The script is for the simulated model, whichever is the default: nobody pays for a demo.
  const { data: models } = await server.get<{ data: Model[] }>('/v1/models')
  const model_id = models.find(({ provider_type, enabled }) => provider_type === 'sim' && enabled)?.id
  const session = await server.post<Session>('/v1/sessions', { title: 'Demo', agent_name: 'assistant', model_id })
  const picture = drawGradient(320, 200)
  const content = [
    { type: 'text', text },
    { type: 'image', base64: picture.toString('base64'), media_type: 'image/png' },
  ]
  const posted = await server.post<Message>(`/v1/sessions/${session.id}/messages`, { message: { content } })
  console.log(`Posted a text and a PNG of ${picture.length} bytes to ${session.id}: ${posted.id} is committed, and its turn runs.`)

  const printer = new EventPrinter(process.stdout)
  let answer = ''
  for await (const event of readEvents(await server.follow(`/v1/sessions/${session.id}/sse`))) {
    printer.print(event)
    answer = readAnswer(event) ?? answer
    if (event.type !== 'session.idled') continue
    printer.end()
    console.log(`\nThe final message:\n\n${answer}\n\nAll of it again, at any time: ${server.address}/v1/sessions/${session.id}/events`)
    return
  }
  throw new StartError('The stream ended before the turn did: is the server being stopped? Its next start carries the turn on.')
}

function readAnswer(event: KnownEvent): string | null {
  if (event.type !== 'output.message.completed') return null
  return event.data.message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

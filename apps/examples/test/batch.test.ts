import { createRepriseClient, postMessage } from '@reprise/client'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { DatabaseServers } from '../../../apps/host/test/support/database-servers.ts'
import { startServer } from '../../../packages/api/test/support/start-server.ts'
import { checkBatch, runBatch, type BatchOptions, type BatchReport } from '../src/index.ts'

async function run(options: Omit<BatchOptions, 'output'>): Promise<{ report: BatchReport; printed: string }> {
  const output = new PassThrough()
  const printing = text(output)
  const report = await runBatch({ ...options, output })
  output.end()
  return { report, printed: await printing }
}

const makeQuestions = (count: number) => Array.from({ length: count }, (_, index) => `Question ${index}`)

it('has a thousand messages answered, each once, by a server that is killed in the middle and started again', { timeout: 180_000 }, async () => {
  const servers = await DatabaseServers.create()
  try {
    const first = await servers.start('all')
    const questions = makeQuestions(1_000)
    // Accepted long before the server is killed, and not answered yet.
    questions[200] = '```sim\n' + JSON.stringify({ steps: [{ text: `You said: ${questions[200]}`, ttft_ms: 10_000 }] }) + '\n```'
    const answers = new Map<number, string>()
    const killed = Promise.withResolvers<void>()
    const running = run({
      url: first.address,
      questions,
      sessions: 50,
      in_flight: 32,
      onAnswer(index, answer) {
        answers.set(index, answer)
        if (answers.size === 300) first.signal('SIGKILL')
        if (answers.size === 300) killed.resolve()
      },
    })
    await killed.promise
    await first.ended
    await servers.start('all', { PORT: new URL(first.address).port })
    const { report, printed } = await running
    expect(report).toMatchObject({ answered: 1_000, failed: 0 })
    expect(report.found_again).toBeGreaterThan(0)
    expect([...answers].sort(([one], [other]) => one - other)).toEqual(makeQuestions(1_000).map((question, index) => [index, `You said: ${question}`]))
    expect(printed).toMatch(/^1000 messages to 50 sessions, 32 at a time\.\n[^]*1000 answered, 0 failed in .* turns\/s, \d+ lost replies found again\.\nEach message is stored once and was answered once\.\n$/)
  } finally {
    await servers.remove()
  }
})

it('has no more on their way than it is told, and says which messages have no answer', async () => {
  const server = await startServer()
  const script = '```sim\n' + JSON.stringify({ steps: [{ fail: { kind: 'unknown' } }] }) + '\n```'
  const { report, printed } = await run({ url: server.url, questions: ['One', script, 'Three'], sessions: 2, in_flight: 1 })
  expect(report).toMatchObject({ answered: 2, failed: 1 })
  expect(printed).toContain('Message 1 has no answer: The model provider could not answer.')
  await server.close()
})

it('its check finds what was stored twice, or never', async () => {
  const server = await startServer()
  const client = createRepriseClient({ url: server.url })
  const { id: session_id } = await client.sessions.create.mutate({})
  for (const question of [0, 1, 1]) await postMessage(client, { session_id, text: 'x', metadata: { question }, wait: true })
  expect(await checkBatch(client, [session_id], 3)).toEqual(['Message 1 is stored 2 times and has 2 answers.', 'Message 2 is stored 0 times and has 0 answers.'])
  await server.close()
})

import { seeded } from '@reprise/store'
import { HttpConnection } from './http-connection.ts'

/** A user's message that makes the sim ask for one tool and then answer, without any delay of its own. */
export const oneToolMessage = JSON.stringify({
  message: {
    content: [
      {
        type: 'text',
        text: `What is six times seven?\n\`\`\`sim\n${JSON.stringify({ steps: [{ tool_calls: [{ name: 'calculator', arguments: { expression: '6*7' } }] }, { text: 'Six times seven is 42.' }] })}\n\`\`\``,
      },
    ],
  },
})

export async function createSession(connection: HttpConnection): Promise<string> {
  const { status, body } = await connection.request('POST', '/v1/sessions', JSON.stringify({ agent_id: seeded.agent_id }))
  if (status !== 201) throw new Error(`creating a session: ${status} ${body}`)
  return (JSON.parse(body) as { id: string }).id
}

export async function runTurn(connection: HttpConnection, sessionId: string): Promise<void> {
  const { status, body } = await connection.request('POST', `/v1/sessions/${sessionId}/messages?wait=true`, oneToolMessage)
  if (status !== 200) throw new Error(`running a turn: ${status} ${body}`)
}

/** Turns a second over HTTP: each session posts a message, waits for its turn's answer, and posts the next. */
export async function measureTurnsOverHttp(address: string, sessions: number, seconds: number, apiKey: string | null = null): Promise<{ turnsPerSecond: number; turns: number }> {
  const connections = await Promise.all(Array.from({ length: sessions }, () => HttpConnection.open(address, apiKey)))
  const ids = await Promise.all(connections.map(createSession))
  const startedAt = performance.now()
  const until = startedAt + seconds * 1000
  let turns = 0
  await Promise.all(
    connections.map(async (connection, index) => {
      while (performance.now() < until) {
        await runTurn(connection, ids[index]!)
        turns += 1
      }
    }),
  )
  const turnsPerSecond = turns / ((performance.now() - startedAt) / 1000)
  for (const connection of connections) connection.close()
  return { turnsPerSecond, turns }
}

import { expect, test } from 'vitest'
import { followUntil } from './support/follow-session.ts'
import { HostFolder } from './support/host-folder.ts'
import { createSession, postScript } from './support/post-message.ts'

const answer = 'All of these words are said one after the other, and every one of them is said in the end.'

test('a turn in flight when the server is killed is finished by the next start', async () => {
  const folder = await HostFolder.create()
  try {
    const killed = await folder.start()
    const sessionId = await createSession(killed.address)
    const steps = [{ tool_calls: [{ name: 'calculator', arguments: { expression: '6 * 7' } }] }, { text: answer, tokens_per_second: 20 }]
    await postScript(killed.address, sessionId, steps)
    await followUntil(killed.address, sessionId, ({ type }) => type === 'output.message.delta')
    killed.signal('SIGKILL')
    await killed.ended

    const next = await folder.start()
    const startedAt = performance.now()
    const events = await followUntil(next.address, sessionId, ({ type }) => type === 'session.idled')
    // The answer takes about a second to be said again; the rest is the wait for the dead worker's lease.
    expect(performance.now() - startedAt).toBeLessThan(10_000)

    const types = events.map(({ type }) => type)
    expect(types).toContain('reason.recovered')
    // The tool's result was committed before the kill: it is not run again.
    expect(types.filter((type) => type === 'tool.started')).toHaveLength(1)
    expect(types.filter((type) => type === 'turn.completed')).toHaveLength(1)
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    const deltas = events.slice(types.lastIndexOf('output.message.started')).map((event) => (event.type === 'output.message.delta' ? event.data.delta : ''))
    expect(deltas.join('')).toBe(answer)
  } finally {
    await folder.remove()
  }
})

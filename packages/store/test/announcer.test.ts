import { afterAll, beforeAll, expect, test } from 'vitest'
import { Announcer, followEvents, Hub, seeded, type Accept, type Journal } from '../src/index.ts'
import { openJournalFixture, type JournalFixture } from './support/journal-fixture.ts'

interface TestProcess {
  journal: Journal
  hub: Hub
  announcer: Announcer
}

let fixture: JournalFixture
const announcers: Announcer[] = []
beforeAll(async () => {
  fixture = await openJournalFixture()
})
afterAll(async () => {
  await Promise.all(announcers.map((announcer) => announcer.stop()))
  await fixture.close()
})

async function startProcess(): Promise<TestProcess> {
  const journal = fixture.openJournal()
  const hub = new Hub()
  const announcer = new Announcer({ connectionString: fixture.connectionString, hub })
  journal.onCommitted((committed) => {
    hub.publish(committed)
    announcer.committed(committed)
  })
  await announcer.start()
  announcers.push(announcer)
  return { journal, hub, announcer }
}

async function takeUpTo(hub: Hub, sessionId: string, last: number): Promise<number[]> {
  const sequences: number[] = []
  const options = { organization_id: seeded.organization_id, session_id: sessionId, after: 0, signal: new AbortController().signal }
  for await (const page of followEvents(fixture.pool, hub, options)) {
    sequences.push(...page.map((event) => event.sequence))
    if (sequences.at(-1)! >= last) return sequences
  }
  return sequences
}

async function startTurn(journal: Journal): Promise<Accept> {
  const accept = fixture.accept(await fixture.createSession())
  expect(await journal.accept(accept)).toMatchObject({ outcome: 'stored', epoch: 1 })
  return accept
}

test('a stream on one process shows what another commits, each event once and in order', async () => {
  const [here, there] = [await startProcess(), await startProcess()]
  const accept = await startTurn(there.journal)
  const following = takeUpTo(here.hub, accept.session_id, 54)
  for (let checkpoint_number = 0; checkpoint_number < 50; checkpoint_number++) {
    // By turns: the overtaking commits of two processes must not make a gap or a repetition.
    const { journal } = checkpoint_number % 3 === 0 ? here : there
    expect(await journal.checkpoint(fixture.checkpoint(accept, { epoch: 1, checkpoint_number }))).toMatchObject({ outcome: 'stored' })
  }
  expect(await following).toEqual(Array.from({ length: 54 }, (_, index) => index + 1))
})

test('what no announcement told is found within seconds (A2)', async () => {
  const here = await startProcess()
  const silent = fixture.openJournal() // a process that dies between its commit and its NOTIFY
  const accept = await startTurn(silent)
  const following = takeUpTo(here.hub, accept.session_id, 5)
  await silent.checkpoint(fixture.checkpoint(accept, { epoch: 1, checkpoint_number: 0 }))
  expect(await following).toEqual([1, 2, 3, 4, 5])
})

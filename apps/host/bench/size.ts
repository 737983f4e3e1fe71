import { createPool } from '@reprise/store'
import { fillWithTurns } from './direct-journal.ts'
import { HttpConnection } from './http-connection.ts'
import { createBareDatabase, startMeasuredHost } from './start-measured-host.ts'
import { median, printRows } from './statistics.ts'
import { createSession, measureTurnsOverHttp, runTurn } from './turns.ts'

const eventsOfFull = 1_000_000
const eventsPerTurn = 19
const sessionsOfFull = 500
const sessions = 64
const rounds = 5
const secondsEach = 3
const turnsAlone = 150
const ratioAim = 0.9

/** What a database's size costs: new sessions in a full one against new sessions in an empty one. */
export async function measureSize(): Promise<void> {
  const owner = await startMeasuredHost()
  const full = await createBareDatabase(owner.connectionString)
  const filledAt = performance.now()
  await fillWithTurns(full.connectionString, sessionsOfFull, Math.ceil(eventsOfFull / sessionsOfFull / eventsPerTurn))
  const fillSeconds = (performance.now() - filledAt) / 1000
  const eventsBefore = await settle(full.connectionString)

  const throughput: number[] = []
  const alone: number[] = []
  let emptyEvents = 0
  for (let round = 0; round < rounds; round++) {
    // Measuring fills it, so each round has an empty one of its own; both hosts are equally warm.
    const empty = await createBareDatabase(owner.connectionString)
    const [emptyHost, fullHost] = await Promise.all([empty, full].map(({ connectionString }) => startMeasuredHost({ connectionString })))
    const addresses = { empty: emptyHost!.address, full: fullHost!.address }
    for (const address of Object.values(addresses)) await measureTurnsOverHttp(address, sessions, secondsEach) // warm
    // Both as autovacuum keeps them: without statistics it is the plans that would be compared.
    for (const { connectionString } of [empty, full]) await settle(connectionString)
    alone.push(await compareAlone(addresses))
    throughput.push(await compareThroughput(addresses, round % 2 === 0))
    await Promise.all([emptyHost!.remove(), fullHost!.remove()])
    emptyEvents = await countEvents(empty.connectionString)
    await empty.drop()
  }
  await full.drop()
  await owner.remove()
  const show = (ratios: number[]) => `${median(ratios).toFixed(2)}  (aim: at least ${ratioAim}; rounds ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`
  printRows(`A database of ${eventsBefore.toLocaleString('en')} events to an empty one, median of ${rounds} rounds`, [
    [`turns per second, ${sessions} sessions`, show(throughput)],
    ['speed of a turn alone, p50', show(alone)],
    ['filled through the journal in', `${fillSeconds.toFixed(0)} s`],
    ['the empty one holds, once measured', `${emptyEvents.toLocaleString('en')} events`],
  ])
}

interface Addresses {
  empty: string
  full: string
}

async function compareThroughput({ empty, full }: Addresses, fullFirst: boolean): Promise<number> {
  const measure = async (address: string) => (await measureTurnsOverHttp(address, sessions, secondsEach)).turnsPerSecond
  if (fullFirst) {
    const rate = await measure(full)
    return rate / (await measure(empty))
  }
  const rate = await measure(empty)
  return (await measure(full)) / rate
}

/** Turn by turn, so that whatever else the machine does falls on both. */
async function compareAlone({ empty, full }: Addresses): Promise<number> {
  const [emptyMs, fullMs]: [number[], number[]] = [[], []]
  const sides = await Promise.all(
    [{ address: empty, ms: emptyMs }, { address: full, ms: fullMs }].map(async ({ address, ms }) => {
      const connection = await HttpConnection.open(address)
      return { connection, sessionId: await createSession(connection), ms }
    }),
  )
  for (let turn = 0; turn < turnsAlone; turn++) {
    for (const { connection, sessionId, ms } of turn % 2 === 0 ? sides : sides.toReversed()) {
      const startedAt = performance.now()
      await runTurn(connection, sessionId)
      ms.push(performance.now() - startedAt)
    }
  }
  for (const { connection } of sides) connection.close()
  return median(emptyMs) / median(fullMs)
}

/** Leaves no vacuuming and no writing of old pages to be done while something is measured; gives how many events there are. */
async function settle(connectionString: string): Promise<number> {
  const pool = createPool({ connectionString, applicationName: 'bench', connectionsMax: 1 })
  await pool.query('VACUUM (ANALYZE)')
  // Only some users may; the others measure with a little more noise.
  await pool.query('CHECKPOINT').catch(() => {})
  await pool.end()
  return await countEvents(connectionString)
}

async function countEvents(connectionString: string): Promise<number> {
  const pool = createPool({ connectionString, applicationName: 'bench', connectionsMax: 1 })
  const { rows } = await pool.query<{ events: string }>('SELECT coalesce(sum(last_sequence), 0) AS events FROM session_heads')
  await pool.end()
  return Number(rows[0]!.events)
}

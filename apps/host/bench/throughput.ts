import { findOtherCheckout, measureAgainst } from './baseline.ts'
import { measureDirectJournal } from './direct-journal.ts'
import { measurePlainLoop } from './plain-loop.ts'
import { countCommits, createBareDatabase, startMeasuredHost } from './start-measured-host.ts'
import { median, printRows } from './statistics.ts'
import { measureTurnsOverHttp } from './turns.ts'

const sessions = 64
const rounds = 3
const secondsEach = 5

/** The three ways by turns on one server, so that a slow minute of the machine falls on all of them. */
export async function measureThroughput(): Promise<void> {
  const otherCheckout = findOtherCheckout()
  const host = await startMeasuredHost()
  const bare = await createBareDatabase(host.connectionString)
  const loop: number[] = []
  const direct: number[] = []
  const http: number[] = []
  const commitsAt64: number[] = []
  await measureTurnsOverHttp(host.address, sessions, 3) // warm
  for (let round = 0; round < rounds; round++) {
    loop.push(await measurePlainLoop(bare.connectionString, sessions, secondsEach))
    direct.push(await measureDirectJournal(bare.connectionString, sessions, secondsEach))
    const before = await countCommits(host.connectionString)
    const { turnsPerSecond, turns } = await measureTurnsOverHttp(host.address, sessions, secondsEach)
    commitsAt64.push(((await countCommits(host.connectionString)) - before) / turns)
    http.push(turnsPerSecond)
  }
  const before = await countCommits(host.connectionString)
  const alone = await measureTurnsOverHttp(host.address, 1, secondsEach)
  const commitsAlone = ((await countCommits(host.connectionString)) - before) / alone.turns
  const ratio = (values: number[], to: number[]) => `${(median(values) / median(to)).toFixed(2)} times the plain loop`
  printRows(`Turns per second, ${sessions} sessions, one-tool turns, median of ${rounds} rounds`, [
    ['plain loop over pg, five commits a turn', median(loop).toFixed(0)],
    ['the journal, driven directly', `${median(direct).toFixed(0)}  (${ratio(direct, loop)})`],
    ['over HTTP, the whole turn', `${median(http).toFixed(0)}  (${ratio(http, loop)})`],
  ])
  printRows('Commits per turn (heartbeats and new sessions included)', [
    ['alone', commitsAlone.toFixed(2)],
    [`${sessions} sessions`, median(commitsAt64).toFixed(3)],
  ])
  if (otherCheckout !== null) await measureAgainst(otherCheckout, host, sessions)
  await bare.drop()
  await host.remove()
}

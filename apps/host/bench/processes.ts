import { startMeasuredHost, type MeasuredHost } from './start-measured-host.ts'
import { median, printRows } from './statistics.ts'
import { measureTurnsOverHttp } from './turns.ts'

const sessions = 60
const rounds = 3
const secondsEach = 5
/** Longer than a process goes on announcing events to others that are gone. */
const warmSeconds = 6

/** What more processes on one database bring, each with its share of the load. */
export async function measureProcesses(): Promise<void> {
  const first = await startMeasuredHost()
  const rates = new Map<number, number[]>([[1, []], [2, []], [3, []]])
  for (let round = 0; round < rounds; round++) {
    // Each count comes first, second and third once.
    const order = [...rates.keys()].map((_, index, counts) => counts[(index + round) % counts.length]!)
    for (const count of order) rates.get(count)!.push(await measureCount(first, count))
  }
  await first.remove()
  const alone = median(rates.get(1)!)
  printRows(`Turns per second of processes on one database, ${sessions} sessions spread over them, median of ${rounds} rounds`, [
    ...[...rates].map(([count, values]): [string, string] => [
      `${count} ${count === 1 ? 'process' : 'processes'}`,
      `${median(values).toFixed(0)}  (${(median(values) / alone).toFixed(2)} times one; rounds ${values.map((rate) => rate.toFixed(0)).join(', ')})`,
    ]),
    ['aim', 'more with each process, where there are cores for it: here they, PostgreSQL and the load share the same ones'],
  ])
}

async function measureCount(first: MeasuredHost, count: number): Promise<number> {
  const { connectionString } = first
  const others = await Promise.all(Array.from({ length: count - 1 }, () => startMeasuredHost({ connectionString })))
  const hosts = [first, ...others]
  const measure = async (seconds: number) => {
    const measured = await Promise.all(hosts.map(({ address }) => measureTurnsOverHttp(address, sessions / count, seconds)))
    return measured.reduce((sum, { turnsPerSecond }) => sum + turnsPerSecond, 0)
  }
  await measure(warmSeconds)
  const rate = await measure(secondsEach)
  await Promise.all(others.map((host) => host.remove()))
  return rate
}

import { comparedRounds, compareHosts } from './compare-hosts.ts'
import { HttpConnection } from './http-connection.ts'
import { createEmptyDatabase, startMeasuredHost, type MeasuredHost } from './start-measured-host.ts'
import { median, printRows } from './statistics.ts'

const sessions = 64
/** Higher than anything comes: counting is what is measured, not refusing. */
const highLimit = 100_000

/** What it costs that requests, turns and streams are counted: a host with every limit on against one without. */
export async function measureLimits(): Promise<void> {
  const off = await startMeasuredHost()
  const database = await createEmptyDatabase(off.connectionString)
  // The static key. A key of the organization's own, made with it, takes its place where its requests are measured.
  const on = await startMeasuredHost({ connectionString: database.connectionString, apiKey: 'bench', requestsPerMinute: 1_000_000_000 })
  await limitOrganization(on)
  const { own, other, ratios } = await compareHosts(on, off, sessions)
  await on.remove()
  await database.drop()
  await off.remove()
  printRows(`Turns per second over HTTP with limits on, ${sessions} sessions, median of ${comparedRounds} rounds`, [
    ['off', median(other).toFixed(0)],
    ['on', median(own).toFixed(0)],
    ['on to off', `${median(ratios).toFixed(2)}  (aim: at least 0.95; rounds ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`],
  ])
}

async function limitOrganization({ address, apiKey }: MeasuredHost): Promise<void> {
  const connection = await HttpConnection.open(address, apiKey)
  const { status, body } = await connection.request('PATCH', '/v1/organization', JSON.stringify({ turns_running_max: highLimit, streams_open_max: highLimit }))
  connection.close()
  if (status !== 200) throw new Error(`limiting the organization: ${status} ${body}`)
}

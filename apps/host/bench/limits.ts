import { comparedRounds, compareHosts } from './compare-hosts.ts'
import { HttpConnection } from './http-connection.ts'
import { createEmptyDatabase, startMeasuredHost, type MeasuredHost } from './start-measured-host.ts'
import { median, printRows } from './statistics.ts'

const sessions = 64
/** Higher than anything comes: counting is what is measured, not refusing. */
const highLimit = 100_000

/** As many as a key may have. */
const requestsPerMinute = 1_000_000

/** What it costs that callers have keys, and that requests, turns and streams are counted: a host with all of it on against one without. */
export async function measureLimits(): Promise<void> {
  const off = await startMeasuredHost()
  const database = await createEmptyDatabase(off.connectionString)
  const on = await startMeasuredHost({ connectionString: database.connectionString, apiKey: 'bench' })
  const { own, other, ratios } = await compareHosts({ ...on, apiKey: await limitCaller(on) }, off, sessions)
  await on.remove()
  await database.drop()
  await off.remove()
  printRows(`Turns per second over HTTP with keys and limits on, ${sessions} sessions, median of ${comparedRounds} rounds`, [
    ['off', median(other).toFixed(0)],
    ['on', median(own).toFixed(0)],
    ['on to off', `${median(ratios).toFixed(2)}  (aim: at least 0.95; rounds ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`],
  ])
}

/** Limits the organization, and makes a key with a limit of its own: gives its secret. */
async function limitCaller({ address, apiKey }: MeasuredHost): Promise<string> {
  const connection = await HttpConnection.open(address, apiKey)
  async function ask(method: string, path: string, body: object): Promise<string> {
    const answer = await connection.request(method, path, JSON.stringify(body))
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
    return answer.body
  }
  await ask('PATCH', '/v1/organization', { turns_running_max: highLimit, streams_open_max: highLimit })
  const made = await ask('POST', '/v1/keys', { name: 'bench', scopes: ['write'], requests_per_minute: requestsPerMinute })
  connection.close()
  return (JSON.parse(made) as { secret: string }).secret // the contract's KeyWithSecret
}

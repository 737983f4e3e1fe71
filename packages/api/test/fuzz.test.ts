import fc from 'fast-check'
import { Client } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { describeApi } from '../src/docs/describe-api.ts'
import { prepareRowCount, type RowCount } from './fuzz/count-rows.ts'
import { fuzzKey, generateRequest, type FuzzRequest } from './fuzz/generate-request.ts'
import type { KnownValues } from './fuzz/known-values.ts'
import { createOne, isCreate, nowhere, seedValues } from './fuzz/seed-values.ts'
import { sendRequest, writeCurl } from './fuzz/send-request.ts'
import { ApiDocument, type FoundOperation } from './support/api-document.ts'
import { checkResponse } from './support/check-response.ts'
import { secretKey } from './support/providers.ts'
import { send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const { cases, seed, only, tells } = inject('fuzz') ?? { cases: 200, seed: 1, only: '', tells: false }
const api = new ApiDocument(await describeApi('0.0.0-test'))
const timeoutMs = 60_000 + cases * 100

let server: TestServer
let client: Client
let known: KnownValues
let countRows: () => Promise<RowCount>
beforeAll(async () => {
  server = await startServer({ access: { api_key: fuzzKey, cors_origins: [] }, engine: { secretKeys: [secretKey], egressAllow: [nowhere] } })
  client = new Client(server.url)
  known = await seedValues(server, api)
  countRows = await prepareRowCount(server.pool)
}, timeoutMs)
afterAll(async () => {
  await client.destroy()
  await server.close()
})

/** Parked turns are answered before messages move them on; then what changes what others need, a model that is disabled, and last what takes it away. */
function rank({ method, path }: FoundOperation): number {
  if (/\/tool-(results|approvals)$/.test(path)) return 0
  // Each case deletes one of its own, and an organization may have but so many.
  if (method === 'delete' && path.includes('/webhooks/')) return 0
  // New sessions name an agent, which any of these may take away or give another name.
  if (method !== 'get' && path.startsWith('/v1/agents')) return 4
  if (method === 'delete' || /\/(drain|revoke|archive)$/.test(path)) return 3
  return method === 'patch' || method === 'put' ? 2 : 1
}
const sorted = api.operations.toSorted((one, other) => rank(one) - rank(other))

describe(`${cases} requests of whatever kind (seed ${seed}) are answered as the document says, and what is refused leaves nothing behind`, () => {
  it.each(sorted.map((found) => ({ name: `${found.method.toUpperCase()} ${found.path}`, found })).filter(({ name }) => name.includes(only)))(
    '$name',
    async ({ found }) => {
      const requests = generateRequest(found, { known, resolve: (ref) => api.resolve(ref), made: new Map() })
      const statuses = new Map<number, number>()
      let before = await countRows()
      const property = fc.asyncProperty(requests, async (request) => {
        const given = found.method === 'delete' ? await useFreshId(found, request) : request
        if (given !== request) before = await countRows()
        const seen = await sendRequest(client, given)
        statuses.set(seen.status, (statuses.get(seen.status) ?? 0) + 1)
        const faults = checkResponse(api, seen)
        if (seen.status >= 500) faults.push(`the server failed with ${seen.status}: ${seen.body.toString().slice(0, 500)}`)
        const isRefused = seen.status >= 400
        const after = isRefused || found.method !== 'get' ? await countRows() : before
        // What was deleted before is erased when there is time: rows go by themselves, and none come.
        const isStored = Object.entries(after).some(([table, rows]) => rows > before[table]!)
        if (isStored && (isRefused || found.method === 'get')) faults.push(`answered ${seen.status}, and has stored something: ${JSON.stringify(before)} became ${JSON.stringify(after)}`)
        before = after
        if (faults.length > 0) throw new Error(`${faults.join('\n')}\n  ${writeCurl(server.url, given)}`)
      })
      const details = await fc.check(property, { seed, numRuns: cases, endOnFailure: false })
      if (tells) console.log(found.method, found.path, JSON.stringify([...statuses].sort()))
      const { failed, counterexamplePath, errorInstance } = details
      expect(failed ? `seed ${seed}, path ${counterexamplePath}: ${errorInstance instanceof Error ? errorInstance.message : String(errorInstance)}` : '').toBe('')
      expect((await send(`${server.url}/healthz`)).status).toBe(200)
      // Refused at the first check, they would have proved little.
      expect([...statuses.keys()].some((status) => status < 400), `nothing was accepted: ${JSON.stringify([...statuses])}`).toBe(true)
    },
    timeoutMs,
  )
})

/** Something is deleted for good only once: each case that names a real one gets one of its own. */
async function useFreshId({ path }: FoundOperation, request: FuzzRequest): Promise<FuzzRequest> {
  const create = api.operations.find((other) => isCreate(other) && path.endsWith('}') && other.path.split('/').at(-1) === path.split('/').at(-2))
  const id = request.path.slice(path.indexOf('{')).split('?')[0]!
  const prefix = id.split('_')[0]!
  if (!create || !known.find('', `^${prefix}_`).includes(id)) return request
  const { id: fresh } = await createOne(server, api, create, known)
  return { ...request, path: request.path.replace(id, fresh) }
}

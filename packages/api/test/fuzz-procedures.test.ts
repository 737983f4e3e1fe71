import fc from 'fast-check'
import { Client } from 'undici'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { z } from 'zod'
import { describeApi } from '../src/docs/describe-api.ts'
import type { JsonSchema } from '../src/docs/openapi-document.ts'
import { appRouter } from '../src/trpc/app-router.ts'
import { breakage, breakValue } from './fuzz/break-value.ts'
import { fuzzKey, type FuzzRequest } from './fuzz/generate-request.ts'
import { generateValue } from './fuzz/generate-value.ts'
import { hostileValue } from './fuzz/hostile-values.ts'
import type { KnownValues } from './fuzz/known-values.ts'
import { nowhere, seedValues } from './fuzz/seed-values.ts'
import { sendRequest, writeCurl } from './fuzz/send-request.ts'
import { writeJson } from './fuzz/write-json.ts'
import { ApiDocument } from './support/api-document.ts'
import { secretKey } from './support/providers.ts'
import { startServer, type TestServer } from './support/start-server.ts'

const { cases, seed, only } = inject('fuzz') ?? { cases: 100, seed: 1, only: '' }
const timeoutMs = 60_000 + cases * 100

/** What tRPC keeps of a procedure. */
interface Procedure {
  _def: { type: 'query' | 'mutation' | 'subscription'; inputs: { schema?: z.ZodType }[] }
}
// oxlint-disable-next-line no-underscore-dangle -- tRPC keeps there what its documentation says to read
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>).map(([name, { _def }]) => ({ name, ..._def })) // by its documentation

let server: TestServer
let client: Client
let known: KnownValues
beforeAll(async () => {
  server = await startServer({ access: { api_key: fuzzKey, cors_origins: [] }, engine: { secretKeys: [secretKey], egressAllow: [nowhere] } })
  client = new Client(server.url)
  known = await seedValues(server, new ApiDocument(await describeApi('0.0.0-test')))
}, timeoutMs)
afterAll(async () => {
  await client.destroy()
  await server.close()
})

describe(`${cases} calls of whatever kind (seed ${seed}) are answered with a result, or refused with a code`, () => {
  it.each(procedures.filter(({ name }) => name.includes(only)))(
    '$name',
    async ({ name, type, inputs }) => {
      const made = generateInputs(inputs.find(({ schema }) => schema)?.schema)
      const property = fc.asyncProperty(made, async (input) => {
        const request = writeCall(name, type === 'mutation', input)
        const { status, body, isWhole, headers } = await sendRequest(client, request)
        const answer = isWhole && headers['content-type']?.includes('json') ? (JSON.parse(body.toString()) as { error?: { data?: { code?: string } }; result?: object }) : { result: {} } // by tRPC's protocol
        const isTold = status < 400 ? answer.result !== undefined : answer.error?.data?.code !== undefined
        if (status >= 500 || !isTold) throw new Error(`${name} answered ${status}: ${body.toString().slice(0, 500)}\n  ${writeCurl(server.url, request)}`)
      })
      const { failed, counterexamplePath, errorInstance } = await fc.check(property, { seed, numRuns: cases })
      expect(failed ? `seed ${seed}, path ${counterexamplePath}: ${errorInstance instanceof Error ? errorInstance.message : String(errorInstance)}` : '').toBe('')
    },
    timeoutMs,
  )

  /** Inputs as the procedure's schema has them, most with one thing wrong; of a procedure that reads its body itself, anything. */
  function generateInputs(schema: z.ZodType | undefined): fc.Arbitrary<unknown> {
    if (!schema) return hostileValue
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema // it is one
    const definitions = (json['$defs'] ?? {}) as Record<string, JsonSchema> // where zod puts them
    const value = generateValue(json, { known, resolve: (ref) => definitions[ref.split('/').at(-1)!] ?? {}, made: new Map() })
    const broken = fc.tuple(value, breakage).map(([made, how]) => breakValue(made, how))
    return fc.oneof({ weight: 3, arbitrary: value }, { weight: 6, arbitrary: broken }, { weight: 1, arbitrary: hostileValue })
  }
})

/** A subscription is a query that is answered by a stream. */
function writeCall(name: string, isMutation: boolean, input: unknown): FuzzRequest {
  const json = writeJson(input)
  if (isMutation) return { method: 'POST', path: `/trpc/${name}`, headers: [['authorization', fuzzKey], ['content-type', 'application/json']], body: Buffer.from(json).toString('latin1') }
  return { method: 'GET', path: `/trpc/${name}?input=${encodeURIComponent(json.toWellFormed()).slice(0, 7_000)}`, headers: [['authorization', fuzzKey]], body: null }
}

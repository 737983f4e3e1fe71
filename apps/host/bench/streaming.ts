import type { Model, Session } from '@reprise/contract'
import { HttpConnection } from './http-connection.ts'
import { startPacedProvider, tokenCharacters, type PacedAnswer, type PacedProvider } from './paced-provider.ts'
import { readSse, type SseReader } from './sse-reader.ts'
import { startMeasuredHost, type MeasuredHost } from './start-measured-host.ts'
import { percentile, printRows } from './statistics.ts'

const singleTurns = 200
const sizes = [1_000, 10_000, 100_000]
const manyTurns = 200
const manyTokensPerSecond = 50
const manySeconds = 15
/** Turns begin one after the other over so long, as users do. */
const rampMs = 3_000
const settleMs = 2_000

/** What streaming through the server adds to what the model's own server does. */
export async function measureStreaming(): Promise<void> {
  const provider = await startPacedProvider()
  const host = await startMeasuredHost({ egressAllow: provider.place })
  const connection = await HttpConnection.open(host.address)
  const modelId = await createModel(connection, provider)
  const stage: Stage = { host, provider, connection, modelId }
  await measureFirstToken(stage, 20) // warm
  printRows('Time to first token: from the first byte of the model’s server to the first delta at the client, one turn at a time', [
    [`${singleTurns} turns`, describeMs(await measureFirstToken(stage, singleTurns))],
  ])
  printRows('Bytes on the wire of one streamed answer, all events of its turn', await measureBytes(stage))
  printRows(`${manyTurns} turns at once, ${manyTokensPerSecond} tokens a second each, for ${manySeconds} s`, await measureMany(stage))
  connection.close()
  await host.remove()
  await provider.stop()
}

interface Stage {
  host: MeasuredHost
  provider: PacedProvider
  connection: HttpConnection
  modelId: string
}

interface Turn {
  reader: SseReader
  /** How long after the model's first byte the first delta was here. */
  addedMs: number
  ended: Promise<number>
}

async function measureFirstToken(stage: Stage, turns: number): Promise<number[]> {
  const ms: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const { reader, addedMs, ended } = await streamTurn(stage, { tokens: 5, tokensPerSecond: 200 })
    await ended
    reader.close()
    ms.push(addedMs)
  }
  return ms
}

async function measureBytes(stage: Stage): Promise<[string, string][]> {
  const rows: [string, string][] = []
  for (const characters of sizes) {
    const { reader, ended } = await streamTurn(stage, { tokens: characters / tokenCharacters, tokensPerSecond: 2_000 })
    await ended
    reader.close()
    rows.push([`${characters} characters`, `${reader.bytes} bytes, ${(reader.bytes / characters).toFixed(2)} a character`])
  }
  return rows
}

async function measureMany(stage: Stage): Promise<[string, string][]> {
  const { host } = stage
  const before = await host.report()
  const starting = Array.from({ length: manyTurns }, async (_, index) => {
    await pause((index * rampMs) / manyTurns)
    return await streamTurn(stage, { tokens: manyTokensPerSecond * manySeconds, tokensPerSecond: manyTokensPerSecond })
  })
  const turns = await Promise.all(starting)
  await pause(settleMs)
  host.reset()
  await pause((manySeconds * 1000) / 2)
  const during = await host.report()
  await Promise.all(turns.map(({ ended }) => ended))
  for (const { reader } of turns) reader.close()
  const perTurn = (bytes: number) => `${(bytes / manyTurns / 1024).toFixed(0)} KB`
  const { p50, p99, max } = during.eventLoopDelayMs
  return [
    ['event-loop delay of the main thread', `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`],
    ['added time to first token', describeMs(turns.map(({ addedMs }) => addedMs))],
    ['memory of a streaming turn and its reader', `${perTurn(during.rssBytes - before.rssBytes)} resident, ${perTurn(during.heapBytes - before.heapBytes)} of it live objects`],
  ]
}

let markers = 0

/** Posts a message whose answer streams; resolves with its first delta. */
async function streamTurn({ host, provider, modelId }: Stage, paced: Omit<PacedAnswer, 'marker'>): Promise<Turn> {
  const connection = await HttpConnection.open(host.address)
  const session = await post<Session>(connection, '/v1/sessions', {})
  const reader = await readSse(host.address, `/v1/sessions/${session.id}/sse`)
  const marker = `answer-${++markers}`
  const first = reader.first('output.message.delta')
  const ended = reader.first('turn.completed')
  const text = JSON.stringify({ marker, ...paced } satisfies PacedAnswer)
  await post(connection, `/v1/sessions/${session.id}/messages`, { message: { content: [{ type: 'text', text }] }, controls: { model_id: modelId } })
  connection.close()
  const addedMs = (await first) - provider.firstByteAt.get(marker)!
  return { reader, addedMs, ended }
}

async function createModel(connection: HttpConnection, { place }: PacedProvider): Promise<string> {
  const { id } = await post<{ id: string }>(connection, '/v1/providers', { name: 'paced', provider_type: 'openai_compatible', base_url: `http://${place}/v1` })
  const model = await post<Model>(connection, `/v1/providers/${id}/models`, { model: 'paced', display_name: 'Paced', context_window: 128_000, supports_images: false, supports_tools: true })
  return model.id
}

async function post<T>(connection: HttpConnection, path: string, body: object): Promise<T> {
  const answer = await connection.request('POST', path, JSON.stringify(body))
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.body.slice(0, 300)}`)
  return JSON.parse(answer.body) as T // the server's own contract
}

function describeMs(ms: readonly number[]): string {
  return `p50 ${percentile(ms, 0.5).toFixed(1)} ms, p99 ${percentile(ms, 0.99).toFixed(1)} ms, max ${Math.max(...ms).toFixed(1)} ms`
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

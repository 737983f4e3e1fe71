/**
 * What the outside world sees: the other end of the webhook tools. It keeps its own account of every call, knows a
 * repeated key, and answers it with the first result, as any service does that takes idempotency keys.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What a call asks of the ledger, as the tool's arguments. */
export interface LedgerOrder {
  /** Names the effect: it must happen once. */
  marker: string
  delay_ms?: number
  /**
   * What becomes of the first delivery. `refuse`: a 503, and nothing is done. `drop`: it is done, and the connection
   * breaks before the answer. `hold`: the answer waits until `release` is called.
   */
  first?: 'refuse' | 'drop' | 'hold'
}

/** All that happened under one idempotency key. */
export interface LedgerEntry {
  key: string
  tool: string
  marker: string
  /** Requests that came, answered or not. */
  deliveries: number
  /** How often something was done. */
  effects: number
}

export interface Ledger {
  /** `127.0.0.1:port`. */
  place: string
  url(tool: string): string
  /** The entries for a marker: more than one if the same effect came under several keys. */
  entriesFor(marker: string): LedgerEntry[]
  readonly entries: readonly LedgerEntry[]
  /** Requests that were no tool calls, or came without a key. */
  readonly strange: readonly string[]
  /** Answers what is held. */
  release(marker: string): void
  stop(): Promise<void>
}

/** What a call with this marker is answered with, however often it comes. */
export function receiptFor(marker: string): { recorded: string } {
  return { recorded: marker }
}

const pollMs = 20

export async function startLedger(): Promise<Ledger> {
  const entries = new Map<string, LedgerEntry>()
  const entriesByMarker = new Map<string, LedgerEntry[]>()
  const strange: string[] = []
  const released = new Set<string>()

  function addEntry(entry: LedgerEntry): LedgerEntry {
    entries.set(entry.key, entry)
    entriesByMarker.set(entry.marker, [...(entriesByMarker.get(entry.marker) ?? []), entry])
    return entry
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = request.headers['idempotency-key']
    const order = readOrder(await readText(request))
    const tool = (request.url ?? '').slice(1)
    if (typeof key !== 'string' || !order) {
      strange.push(`${request.method} ${request.url} with the key ${String(key)}`)
      response.writeHead(400).end()
      return
    }
    const { marker, delay_ms = 0, first } = order
    const entry = entries.get(key) ?? addEntry({ key, tool, marker, deliveries: 0, effects: 0 })
    entry.deliveries += 1
    const isFirst = entry.deliveries === 1
    if (isFirst && first === 'refuse') {
      response.writeHead(503).end()
      return
    }
    if (entry.effects === 0) entry.effects += 1
    if (isFirst && first === 'drop') {
      request.socket.destroy()
      return
    }
    if (delay_ms > 0) await pause(delay_ms)
    if (first === 'hold') await untilReleased(marker, response)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(receiptFor(marker)))
  }

  async function untilReleased(marker: string, response: ServerResponse): Promise<void> {
    while (!released.has(marker) && !response.destroyed) await pause(pollMs)
  }

  const server = createServer((request, response) => {
    // A caller that was killed closes its connection.
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const place = `127.0.0.1:${port}`
  const entriesFor = (marker: string) => entriesByMarker.get(marker) ?? []
  return {
    place,
    url: (tool) => `http://${place}/${tool}`,
    entriesFor,
    get entries() {
      return [...entries.values()]
    },
    strange,
    release: (marker) => void released.add(marker),
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** The arguments of a tool call; null for what is none. */
function readOrder(text: string): LedgerOrder | null {
  try {
    const call = JSON.parse(text) as { type?: unknown; data?: { arguments?: LedgerOrder } } // checked below as far as it is used
    const order = call.data?.arguments
    return call.type === 'tool.call' && typeof order?.marker === 'string' ? order : null
  } catch {
    return null
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set
  return Buffer.concat(chunks).toString()
}

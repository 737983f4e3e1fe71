import type { Buffer } from 'node:buffer'
import { Agent, fetch as undiciFetch, type Dispatcher, type Response as UndiciResponse } from 'undici'
import { boundResponse, readBytes } from './bound-body.ts'
import { EgressFault, EgressRefused, findErrorCode, findRefusal } from './egress-errors.ts'
import { followRedirect, isRedirect } from './follow-redirect.ts'
import { guardConnections, judgeAddress, lookUpAll, type Lookup } from './guard-connections.ts'
import { judgeUrl } from './judge-url.ts'
import { readOutgoing } from './outgoing.ts'
import { placeOf, readPlaces } from './places.ts'
import { watchStart } from './watch-start.ts'

/** The only way out for requests whose place a caller chose. What it refuses fails with EgressRefused. */
export interface Egress {
  /**
   * A standard `fetch`, also for libraries that take one: its faults are those of the standard, its answers this Node's
   * own Responses. It sets no time limit of its own beside those for silence.
   */
  fetch(input: string | URL | Request, init?: EgressInit): Promise<Response>
  /** One request with all of its bounds. Fails with EgressFault, or with the signal's reason. */
  request(url: string | URL, request: EgressRequest): Promise<EgressAnswer>
  /** Why a url is refused before anything is looked up; null for one that may be asked. */
  describeProblem(url: string): string | null
  /** Cuts what is still under way. */
  stop(): Promise<void>
}

interface EgressInit extends RequestInit {
  redirectsMax?: number
  /** Of the body, decoded. Reading past them fails. */
  responseBytesMax?: number
}

interface EgressRequest {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
  signal: AbortSignal
  /** From the lookup to the last byte of the answer. */
  timeoutMs: number
  /** Of the body, decoded. What is longer is cut. */
  responseBytesMax: number
  /** 0, the default: a redirect is an answer like any other. */
  redirectsMax?: number
}

export interface EgressAnswer {
  status: number
  headers: Headers
  bytes: Buffer
  isCut: boolean
}

export interface EgressOptions {
  /** Inward places that may be asked, by http too, as `host:port` as in the url. */
  allow: readonly string[]
  /** For tests. */
  lookup?: Lookup
}

const redirectsMaxDefault = 5
const responseBytesMaxDefault = 64 * 1024 * 1024
/** Models think for minutes before they answer, and between two pieces of an answer. */
const silenceMsMax = 300_000

export function createEgress({ allow, lookup = lookUpAll }: EgressOptions): Egress {
  const places = readPlaces(allow)
  // An agent of its own, so that neither a proxy of the environment nor a global dispatcher gets between.
  const agent = new Agent({ connect: guardConnections(places, lookup), allowH2: false, headersTimeout: silenceMsMax, bodyTimeout: silenceMsMax })
  let stopping: Promise<void> | null = null

  /** Every hop is judged anew: its url here, its host when the connection is made. */
  async function send(dispatcher: Dispatcher, input: string | URL | Request, init: RequestInit, redirectsMax: number): Promise<Sent> {
    let outgoing = readOutgoing(judgeUrl(input instanceof Request ? input.url : input, places), input, init)
    for (let redirects = 0; ; redirects++) {
      const { url, method, headers, body, redirect, signal } = outgoing
      const response = await undiciFetch(url, { method, headers: [...headers], body, signal, duplex: 'half', redirect: 'manual', dispatcher }).catch((error: unknown) => {
        throw findRefusal(error) ?? refuseBadPort(url, error) ?? error
      })
      const location = isRedirect(response.status) ? response.headers.get('location') : null
      if (location === null || redirect === 'manual' || redirectsMax === 0) return { response, isRedirected: redirects > 0 }
      await response.body?.cancel()
      if (redirect === 'error') throw new EgressRefused(url.host, 'it redirects, which was not wanted')
      if (redirects === redirectsMax) throw new EgressRefused(url.host, `there were more than ${redirectsMax} redirects`)
      outgoing = followRedirect(outgoing, response.status, judgeUrl(location, places, url))
    }
  }

  return {
    async fetch(input, init = {}) {
      const { redirectsMax = redirectsMaxDefault, responseBytesMax = responseBytesMaxDefault } = init
      const { response, isRedirected } = await send(agent, input, init, redirectsMax)
      return boundResponse(response, responseBytesMax, isRedirected)
    },
    async request(url, { method, headers, body, signal, timeoutMs, responseBytesMax, redirectsMax = 0 }) {
      let mayHaveArrived = false
      const dispatcher = watchStart(agent, () => (mayHaveArrived = true))
      const limit = new AbortController()
      const timeout = setTimeout(() => limit.abort(), timeoutMs)
      try {
        const init = { method, headers, body, signal: AbortSignal.any([signal, limit.signal]) }
        const { response } = await send(dispatcher, url, init, redirectsMax)
        const answer = await readBytes(response.body, responseBytesMax)
        return { status: response.status, headers: new Headers([...response.headers]), ...answer }
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof EgressRefused) throw error
        const { host } = new URL(url)
        throw new EgressFault(describeFault(host, error, mayHaveArrived, limit.signal.aborted ? timeoutMs : null), { mayHaveArrived, cause: error })
      } finally {
        clearTimeout(timeout)
      }
    },
    describeProblem(url) {
      try {
        const judged = judgeUrl(url, places)
        judgeAddress(judged, places)
        // Other names are judged when they are looked up; what this one means is known.
        const isOwnMachine = /(^|\.)localhost\.?$/.test(judged.hostname) && !places.has(placeOf(judged))
        return isOwnMachine ? new EgressRefused(judged.host, 'it is this machine itself. REPRISE_EGRESS_ALLOW opens single places').message : null
      } catch (error) {
        if (error instanceof EgressRefused) return error.message
        throw error
      }
    },
    stop: () => (stopping ??= agent.destroy()),
  }
}

interface Sent {
  response: UndiciResponse
  isRedirected: boolean
}

/** Ports of mail and other protocols, which the standard has fetch refuse; undici tells it only in words. */
function refuseBadPort({ host }: URL, error: unknown): EgressRefused | null {
  const isBadPort = error instanceof Error && error.cause instanceof Error && error.cause.message === 'bad port'
  return isBadPort ? new EgressRefused(host, 'the port belongs to another protocol') : null
}

function describeFault(host: string, error: unknown, mayHaveArrived: boolean, timeoutMs: number | null): string {
  const what = mayHaveArrived ? (timeoutMs === null ? `the connection to ${host} broke` : `${host} did not answer`) : `${host} could not be reached`
  if (timeoutMs !== null) return `${what} within ${timeoutMs / 1000} s`
  const code = findErrorCode(error)
  return code === null ? what : `${what} (${code})`
}

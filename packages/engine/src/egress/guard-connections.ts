// What must hold of every connection, whoever asks for it and on whichever hop of a redirect:
//
// G1. It is made to an address that was judged: the host itself where it is one, since nobody looks that up, and
//     otherwise every address that the name has.
// G2. There is one lookup, and the connection goes to what it answered. Judging one answer and connecting by another
//     is what DNS rebinding lives on.
// G3. One address that is not public refuses the name: the owner of a name chooses which of them is tried.
// G4. Only a place that the operator allows is not judged; it is known by host and port, as in the url.

import { ADDRCONFIG, type LookupAddress } from 'node:dns'
import { lookup as lookUpInDns } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { buildConnector } from 'undici'
import { EgressRefused } from './egress-errors.ts'
import { isPublicAddress } from './is-public-address.ts'
import { placeOf, type Places } from './places.ts'

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<LookupAddress[]>

/** The lookup is part of it, and so is TLS. */
const connectMsMax = 10_000

const notPublic = 'is not public. REPRISE_EGRESS_ALLOW opens single places'

export const lookUpAll: Lookup = (hostname) => lookUpInDns(hostname, { all: true, hints: ADDRCONFIG })

export function guardConnections(places: Places, lookup: Lookup): buildConnector.connector {
  const options = { timeout: connectMsMax, allowH2: false, autoSelectFamily: true }
  const connectJudged = buildConnector({ ...options, lookup: toHook(async (hostname) => judgeAll(hostname, await lookup(hostname))) })
  const connectAllowed = buildConnector({ ...options, lookup: toHook(lookup) })
  return (target, callback) => {
    const { protocol, host, hostname } = target
    const url = new URL(`${protocol}//${host ?? hostname}`)
    if (places.has(placeOf(url))) return connectAllowed(target, callback)
    try {
      judgeAddress(url, places)
    } catch (error) {
      return callback(error as EgressRefused, null) // it throws nothing else
    }
    connectJudged(target, callback)
  }
}

/** Refuses a host that is an address itself, and not a public one. */
export function judgeAddress(url: URL, places: Places): void {
  const hostname = url.hostname.replace(/^\[(.+)\]$/, '$1')
  if (isIP(hostname) !== 0 && !isPublicAddress(hostname) && !places.has(placeOf(url))) throw new EgressRefused(url.host, `the address ${notPublic}`)
}

function judgeAll(hostname: string, addresses: LookupAddress[]): LookupAddress[] {
  // Which address it was is not told: that would let anyone read the names of an inner network.
  if (!addresses.every(({ address }) => isPublicAddress(address))) throw new EgressRefused(hostname, `one of its addresses ${notPublic}`)
  return addresses
}

function toHook(lookup: Lookup): LookupFunction {
  const lookUp = callbackify(async (hostname: string) => {
    const addresses = await lookup(hostname)
    if (addresses.length === 0) throw Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' })
    return addresses
  })
  // Asked for all addresses, never for one, since `autoSelectFamily` is on.
  return (hostname, _options, callback) => lookUp(hostname, callback)
}

import { isIP } from 'node:net'
import { EgressRefused } from '../egress/egress-errors.ts'
import { isPublicAddress } from '../egress/is-public-address.ts'
import { judgeUrl } from '../egress/judge-url.ts'
import { placeOf, type Places } from '../egress/places.ts'

/**
 * Says why the guard would refuse every request to a url, as far as its text tells, or null. What a name resolves to is
 * judged with every connection.
 */
export function describeInwardUrl(text: string, places: Places): string | null {
  try {
    const url = judgeUrl(text, places)
    const host = url.hostname.replace(/^\[(.+)\]$/, '$1')
    const isInward = isIP(host) === 0 ? /(^|\.)localhost\.?$/.test(host) : !isPublicAddress(host)
    if (!isInward || places.has(placeOf(url))) return null
    throw new EgressRefused(url.host, 'the address is not public. REPRISE_EGRESS_ALLOW opens single places')
  } catch (error) {
    if (error instanceof EgressRefused) return error.message
    throw error
  }
}

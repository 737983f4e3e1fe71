import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The only part of IPv6 from which public unicast addresses are given out; ::/96 and others are outside of it. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')
/** A cloud serves its machines' metadata and keys here, an address that is public by its number. */
const cloudMetadata = '168.63.129.16'

/**
 * Whether an address is unicast that the whole internet routes. Addresses that carry another within them (IPv4-mapped,
 * NAT64, 6to4, Teredo) are not, whatever they carry; neither is what cannot be read.
 */
export function isPublicAddress(text: string): boolean {
  // A zone names an interface of this machine.
  if (isIP(text) === 0 || text.includes('%')) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  return address instanceof ipaddr.IPv6 ? address.match(globalUnicast) : address.toString() !== cloudMetadata
}

import { EgressRefused } from './egress-errors.ts'
import { placeOf, type Places } from './places.ts'

/** Reads a url that may be asked, as far as its text can tell. Its host is judged when a connection is made. */
export function judgeUrl(given: string | URL, places: Places, base?: URL): URL {
  const url = URL.parse(String(given), base?.href)
  if (!url) throw new EgressRefused('this url', 'it is not a valid url')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new EgressRefused('this url', 'its scheme is not https')
  if (url.username !== '' || url.password !== '') throw new EgressRefused(url.host, 'a url must not hold a user name or password')
  if (url.protocol === 'http:' && !places.has(placeOf(url))) {
    throw new EgressRefused(url.host, 'only https is allowed there. REPRISE_EGRESS_ALLOW opens single places')
  }
  return url
}

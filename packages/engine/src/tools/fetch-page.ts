import type { Buffer } from 'node:buffer'
import { imageMediaTypes } from '@reprise/contract'
import { EgressFault, EgressRefused } from '../egress/egress-errors.ts'
import type { Egress, EgressAnswer } from '../egress/egress.ts'
import { isRedirect } from '../egress/follow-redirect.ts'

export interface FetchedPage {
  /** After redirects. */
  url: string
  media_type: string
  charset: string | null
  form: 'html' | 'text' | 'image'
  bytes: Buffer
  /** There was more. */
  isCut: boolean
}

export type FetchOutcome = { ok: true; page: FetchedPage } | { ok: false; error: string }

export interface DomainRules {
  allowed_domains?: readonly string[] | undefined
  blocked_domains?: readonly string[] | undefined
}

const timeoutMs = 20_000
const responseBytesMax = 10 * 1024 * 1024
const redirectsMax = 5
const headers = { 'user-agent': 'Reprise', accept: 'text/markdown, text/html, application/xhtml+xml, text/plain;q=0.9, application/json;q=0.9, image/*;q=0.8, */*;q=0.1' }

/** Gets a page through the guard. Each hop of a redirect is judged like the first url; every failure is told in words. */
export async function fetchPage(egress: Egress, given: string, rules: DomainRules, signal: AbortSignal): Promise<FetchOutcome> {
  const deadline = performance.now() + timeoutMs
  let url = URL.parse(given)
  for (let redirects = 0; ; redirects++) {
    if (!url) return failed(redirects === 0 ? 'url: must be an absolute https url.' : 'The server redirects to what is no url.')
    const forbidden = judgeDomain(url, rules)
    if (forbidden) return failed(forbidden)
    // A fragment is the reader's, never the server's.
    url.hash = ''
    const answer = await ask(egress, url, Math.max(1, deadline - performance.now()), signal)
    if (typeof answer === 'string') return failed(answer)
    const location = isRedirect(answer.status) ? answer.headers.get('location') : null
    if (location === null) return readAnswer(url.href, answer)
    if (redirects === redirectsMax) return failed(`There were more than ${redirectsMax} redirects.`)
    url = URL.parse(location, url.href)
  }
}

async function ask(egress: Egress, url: URL, msLeft: number, signal: AbortSignal): Promise<EgressAnswer | string> {
  try {
    return await egress.request(url, { headers, signal, timeoutMs: Math.ceil(msLeft), responseBytesMax })
  } catch (error) {
    if (error instanceof EgressRefused) return error.message
    if (error instanceof EgressFault) return `The page could not be fetched: ${error.message}.`
    throw error
  }
}

function judgeDomain({ hostname, host }: URL, { allowed_domains, blocked_domains = [] }: DomainRules): string | null {
  const name = hostname.replace(/\.$/, '')
  const isOf = (domain: string) => name === domain || name.endsWith(`.${domain}`)
  if (blocked_domains.some(isOf) || (allowed_domains && !allowed_domains.some(isOf))) return `${host} is not among the domains that may be fetched.`
  return null
}

function readAnswer(url: string, { status, headers: answered, bytes, isCut }: EgressAnswer): FetchOutcome {
  if (status < 200 || status >= 300) return failed(`The server answered ${status}.`)
  const contentType = answered.get('content-type') ?? ''
  const media_type = contentType.split(';', 1)[0]!.trim().toLowerCase() || guessType(bytes)
  const form = formOf(media_type)
  if (!form) return failed(`The content type ${JSON.stringify(media_type.slice(0, 100))} cannot be read: only pages, text, JSON and images.`)
  const charset = /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(contentType)?.[1]?.toLowerCase() ?? null
  return { ok: true, page: { url, media_type, charset, form, bytes, isCut } }
}

function formOf(mediaType: string): FetchedPage['form'] | null {
  if (mediaType === 'text/html' || mediaType === 'application/xhtml+xml') return 'html'
  if (imageMediaTypes.some((known) => known === mediaType)) return 'image'
  if (mediaType.startsWith('text/') || /^application\/(?:[\w.-]+\+)?(?:json|xml|yaml)$/.test(mediaType) || mediaType === 'application/x-ndjson') return 'text'
  return null
}

/** For an answer that does not say: text has no NUL, and a page begins with a tag. */
function guessType(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, 512)
  if (start.includes('\0')) return 'application/octet-stream'
  return /^\s*<(?:!doctype html|html|head|body)/i.test(start) ? 'text/html' : 'text/plain'
}

function failed(error: string): FetchOutcome {
  return { ok: false, error }
}

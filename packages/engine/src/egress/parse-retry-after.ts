/** Longer means never. Whether what is shorter is waited for is up to whoever retries. */
const retryAfterMsMax = 86_400_000

const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** How long a `Retry-After` header asks to wait, in milliseconds: it is in seconds, or a date. Null for anything else. */
export function parseRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value)) return bound(Number(value) * 1000)
  return httpDate.test(value) ? bound(Date.parse(value) - nowMs) : null
}

function bound(ms: number): number | null {
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), retryAfterMsMax)
}
